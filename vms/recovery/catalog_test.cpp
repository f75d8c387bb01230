// SPDX-License-Identifier: Apache-2.0
// The catalog on disk: it remembers what the one in memory remembers, whenever its process dies.
#include "vms/recovery/catalog.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/assert.hpp"
#include "vms/recovery/any_record.hpp"
#include "vms/recovery/record_json.hpp"
#include "vms/recovery/sqlite_catalog.hpp"

namespace switchback::recovery {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (fs::temp_directory_path() / "switchback-catalog-XXXXXX").string();
    SB_ASSERT(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name = "catalog.db") const {
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

std::vector<std::string> describe(const Result<std::map<ItemName, ItemRecord>>& loaded) {
  if (!loaded) return {"error: " + loaded.error().message};
  std::vector<std::string> items;
  for (const auto& [name, record] : *loaded)
    items.push_back(name + " -> " + to_json(record));
  return items;
}

/// Names that would hurt a catalog that pasted them into its statements.
const std::vector<ItemName> kNames = {"vm", "vm-2", "o'brien", "\"; DROP TABLE items; --",
                                      "",   "é%_"};

RC_GTEST_PROP(SqliteCatalog, RemembersWhatTheCatalogInMemoryRemembers, ()) {
  const ScratchFolder folder;
  MemoryCatalog memory;
  auto disk = SqliteCatalog::open(folder.file());
  RC_ASSERT(disk.has_value());
  for (int steps = *rc::gen::inRange(0, 12); steps > 0; --steps) {
    const ItemName name = *rc::gen::elementOf(kNames);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        RC_ASSERT(memory.erase(name).has_value());
        RC_ASSERT((*disk)->erase(name).has_value());
        break;
      case 1:
        disk->reset();
        disk = SqliteCatalog::open(folder.file());
        RC_ASSERT(disk.has_value());
        break;
      default: {
        const ItemRecord record = any_record(name);
        RC_ASSERT(memory.save(record).has_value());
        RC_ASSERT((*disk)->save(record).has_value());
      }
    }
    RC_ASSERT(describe((*disk)->load()) == describe(memory.load()));
  }
}

TEST(SqliteCatalog, InMemoryStartsEmptyAndKeepsWhatIsSaved) {
  auto catalog = SqliteCatalog::open(":memory:");
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_TRUE((*catalog)->load()->empty());
  ItemRecord record;
  record.spec.name = "vm";
  ASSERT_TRUE((*catalog)->save(record));
  EXPECT_EQ((*catalog)->load()->size(), 1U);
}

TEST(SqliteCatalog, ShowsASecondControllerWhatTheFirstOneSaved) {
  const ScratchFolder folder;
  auto first = SqliteCatalog::open(folder.file());
  auto second = SqliteCatalog::open(folder.file());
  ASSERT_TRUE(first && second);
  ItemRecord record;
  record.spec.name = "vm";
  record.round = 7;
  ASSERT_TRUE((*first)->save(record));
  EXPECT_EQ(describe((*second)->load()), describe((*first)->load()));
  EXPECT_EQ((*second)->load()->at("vm").round, 7U);
}

// ---- death in the middle of a save

/// Stops this process in the middle of its dealings with the file system: counts down with every
/// call that changes a file, and makes the last one only half if it is a write. Installed in place
/// of the system calls of SQLite (sqlite3_vfs::xSetSystemCall).
struct Death {
  static inline int calls_left = 0;
  static inline bool half_write = false;

  static ssize_t write_at(int fd, const void* from, std::size_t count, off_t offset) {
    if (calls_left-- > 0) return ::pwrite(fd, from, count, offset);
    if (half_write) static_cast<void>(!::pwrite(fd, from, count / 2, offset));
    _exit(kDied);
  }
  static ssize_t write_on(int fd, const void* from, std::size_t count) {
    if (calls_left-- > 0) return ::write(fd, from, count);
    if (half_write) static_cast<void>(!::write(fd, from, count / 2));
    _exit(kDied);
  }
  static int truncate(int fd, off_t size) {
    if (calls_left-- > 0) return ::ftruncate(fd, size);
    _exit(kDied);
  }
  static int unlink(const char* path) {
    if (calls_left-- > 0) return ::unlink(path);
    _exit(kDied);
  }

  template <class Function>
  static void replace(const char* name, Function function) {
    sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
    if (vfs->xGetSystemCall(vfs, name) != nullptr)
      vfs->xSetSystemCall(vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(function));
  }
  static void install() {
    replace("write", write_on);
    replace("pwrite", write_at);
    replace("pwrite64", write_at);
    replace("ftruncate", truncate);
    replace("unlink", unlink);
  }

  static constexpr int kDied = 3;
  static constexpr int kFinished = 0;
  static constexpr int kFailed = 1;
};

ItemRecord record_of_round(std::uint32_t round) {
  ItemRecord record;
  record.spec.name = "vm";
  record.spec.disks = {{"vda", 1000000 + round}, {"vdb", 333}};
  record.round = round;
  // Long enough to take several pages, so that a save is many writes.
  for (std::uint32_t i = 0; i < 15 + round; ++i)
    record.layers.push_back(
        fmt::format("layer {} of round {} {}", i, round, std::string(200, 'x')));
  return record;
}

/// Opens the catalog in a child process and runs `change` on it, dying before the `calls`-th change
/// to a file. Returns the child's exit code.
template <class Change>
int change_and_die(const std::string& file, int calls, bool half_write, Change change) {
  const pid_t child = fork();
  if (child == 0) {
    Death::calls_left = calls;
    Death::half_write = half_write;
    Death::install();
    auto catalog = SqliteCatalog::open(file);
    const bool changed = catalog && change(**catalog);
    _exit(changed ? Death::kFinished : Death::kFailed);
  }
  int status = 0;
  SB_ASSERT(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
  return WEXITSTATUS(status);
}

/// Has a process die at every point of a change in turn. Afterwards the catalog must show what it
/// showed before, or all of the change.
template <class Change>
void expect_old_or_new(Change change) {
  for (const bool half_write : {false, true}) {
    bool old_seen = false;
    int ended = Death::kDied;
    for (int calls = 0; ended == Death::kDied; ++calls) {
      const ScratchFolder folder;
      const std::vector<std::string> old = [&] {
        auto before = SqliteCatalog::open(folder.file());
        EXPECT_TRUE((*before)->save(record_of_round(1)));
        return describe((*before)->load());
      }();
      ended = change_and_die(folder.file(), calls, half_write, change);
      ASSERT_NE(ended, Death::kFailed) << "before call " << calls;

      auto after = SqliteCatalog::open(folder.file());
      ASSERT_TRUE(after) << after.error().message;
      const std::vector<std::string> found = describe((*after)->load());
      ASSERT_TRUE(change(**after));
      const std::vector<std::string> changed = describe((*after)->load());
      EXPECT_TRUE(found == old || found == changed) << "before call " << calls << ": half of each";
      old_seen = old_seen || found == old;
      if (ended == Death::kFinished) {
        EXPECT_EQ(found, changed);
        EXPECT_GT(calls, 4) << "the process never died: the system calls were not replaced";
      }
    }
    EXPECT_TRUE(old_seen);
  }
}

TEST(SqliteCatalog, IsOldOrNewWhereverASaveDies) {
  expect_old_or_new(
      [](SqliteCatalog& catalog) { return catalog.save(record_of_round(2)).has_value(); });
}

TEST(SqliteCatalog, IsOldOrNewWhereverAnEraseDies) {
  expect_old_or_new([](SqliteCatalog& catalog) { return catalog.erase("vm").has_value(); });
}

TEST(SqliteCatalog, CanBeMadeAgainWhereverItsMakingDied) {
  int ended = Death::kDied;
  for (int calls = 0; ended == Death::kDied; ++calls) {
    const ScratchFolder folder;
    ended = change_and_die(folder.file(), calls, true, [](SqliteCatalog&) { return true; });
    auto catalog = SqliteCatalog::open(folder.file());
    ASSERT_TRUE(catalog) << "before call " << calls << ": " << catalog.error().message;
    EXPECT_TRUE((*catalog)->load()->empty());
  }
  EXPECT_EQ(ended, Death::kFinished);
}

// ---- files that are no sound catalog

void expect_error(const Result<std::unique_ptr<SqliteCatalog>>& opened, const std::string& file,
                  ErrorKind kind) {
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, kind) << opened.error().message;
  EXPECT_NE(opened.error().message.find(file), std::string::npos) << opened.error().message;
  EXPECT_FALSE(opened.error().remedy.empty());
}

void make_catalog(const std::string& file) {
  auto catalog = SqliteCatalog::open(file);
  ASSERT_TRUE(catalog);
  ASSERT_TRUE((*catalog)->save(record_of_round(1)));
}

TEST(SqliteCatalog, RefusesALaterVersion) {
  const ScratchFolder folder;
  make_catalog(folder.file());
  SQLite::Database(folder.file(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  const auto opened = SqliteCatalog::open(folder.file());
  expect_error(opened, folder.file(), ErrorKind::unsupported);
  EXPECT_NE(opened.error().message.find("version 99"), std::string::npos);
}

TEST(SqliteCatalog, RefusesTheDatabaseOfAnotherProgramAndLeavesItAlone) {
  const ScratchFolder folder;
  SQLite::Database other(folder.file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  other.exec("CREATE TABLE bookmarks (url TEXT)");
  expect_error(SqliteCatalog::open(folder.file()), folder.file(), ErrorKind::bad_input);
  EXPECT_EQ(other.execAndGet("SELECT count(*) FROM sqlite_schema").getInt(), 1);
}

TEST(SqliteCatalog, RefusesAFileThatIsNoDatabaseAndLeavesItAlone) {
  const ScratchFolder folder;
  const std::string text(5000, 'n');
  std::ofstream(folder.file()) << text;
  expect_error(SqliteCatalog::open(folder.file()), folder.file(), ErrorKind::environment);
  std::ifstream file(folder.file());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST(SqliteCatalog, RefusesATruncatedFile) {
  const ScratchFolder folder;
  make_catalog(folder.file());
  fs::resize_file(folder.file(), fs::file_size(folder.file()) / 2);
  expect_error(SqliteCatalog::open(folder.file()), folder.file(), ErrorKind::environment);
}

TEST(SqliteCatalog, RefusesAFileWithPagesOverwritten) {
  const ScratchFolder folder;
  make_catalog(folder.file());
  const auto size = static_cast<std::streamoff>(fs::file_size(folder.file()));
  std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);  // the first page is left sound
  for (std::streamoff at = 4096; at < size; ++at)
    file.put('\x5a');
  file.close();
  expect_error(SqliteCatalog::open(folder.file()), folder.file(), ErrorKind::environment);
}

TEST(SqliteCatalog, RefusesAFolderThatIsNotThere) {
  const ScratchFolder folder;
  const std::string file = folder.file("missing/catalog.db");
  expect_error(SqliteCatalog::open(file), file, ErrorKind::environment);
}

TEST(SqliteCatalog, RefusesAnEarlierVersion) {
  const ScratchFolder folder;
  make_catalog(folder.file());
  SQLite::Database(folder.file(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 1");
  expect_error(SqliteCatalog::open(folder.file()), folder.file(), ErrorKind::unsupported);
}

TEST(SqliteCatalog, NamesFileItemAndPlaceOfADamagedDocument) {
  const std::vector<std::pair<std::string, std::string>> tamperings = {
      {"UPDATE items SET record = replace(record, '\"active\"', '\"sideways\"')", "sideways"},
      {"UPDATE items SET record = substr(record, 1, length(record) - 9)", "no JSON"},
      {"UPDATE items SET record = replace(record, '\"round\":', '\"rounds\":')", "round"},
      {"UPDATE items SET record = replace(record, '\"round\":1', '\"round\":-1')", "round"},
      {"UPDATE items SET record = replace(record, '\"name\":\"vm\"', '\"name\":\"vn\"')", "vn"},
      {"UPDATE items SET record = '[]'", "object"}};
  for (const auto& [tampering, told] : tamperings) {
    SCOPED_TRACE(tampering);
    const ScratchFolder folder;
    make_catalog(folder.file());
    SQLite::Database(folder.file(), SQLite::OPEN_READWRITE).exec(tampering);
    auto catalog = SqliteCatalog::open(folder.file());
    ASSERT_TRUE(catalog);
    const auto loaded = (*catalog)->load();
    ASSERT_FALSE(loaded);
    EXPECT_NE(loaded.error().message.find(folder.file()), std::string::npos);
    EXPECT_NE(loaded.error().message.find("item vm"), std::string::npos) << loaded.error().message;
    EXPECT_NE(loaded.error().message.find(told), std::string::npos) << loaded.error().message;
    EXPECT_FALSE(loaded.error().remedy.empty());
  }
}

TEST(SqliteCatalog, TellsOfATableThatWasTakenAwayUnderIt) {
  const ScratchFolder folder;
  auto catalog = SqliteCatalog::open(folder.file());
  ASSERT_TRUE(catalog);
  SQLite::Database(folder.file(), SQLite::OPEN_READWRITE).exec("DROP TABLE items");
  const Nothing saved = (*catalog)->save(record_of_round(1));
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().message.find(folder.file()), std::string::npos);
  EXPECT_NE(saved.error().message.find("items"), std::string::npos);
}

}  // namespace
}  // namespace switchback::recovery
