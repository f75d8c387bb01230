// SPDX-License-Identifier: Apache-2.0
// See sqlite_catalog.hpp. Exceptions of the SQLite wrapper end in attempt() and go no further.
#include "vms/recovery/sqlite_catalog.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

namespace switchback::recovery {
namespace {

constexpr int kSchemaVersion = 1;
/// "SwDR" in the file's header: tells a catalog from other programs' databases.
constexpr int kApplicationId = 0x53774452;
constexpr int kBusyMilliseconds = 5000;

constexpr const char* kSchema = R"(
CREATE TABLE items (
  name TEXT PRIMARY KEY,
  rest_primary TEXT NOT NULL, rest_recovery TEXT NOT NULL, rest_direction TEXT NOT NULL,
  rest_replication TEXT NOT NULL, rest_awaiting TEXT NOT NULL, rest_points TEXT NOT NULL,
  job_operation TEXT, job_stage INTEGER, job_undoing INTEGER, job_failure TEXT,
  round INTEGER NOT NULL,
  tracked_since TEXT,
  target TEXT,
  last_synchronized_ns INTEGER NOT NULL,
  next_round_due_ns INTEGER NOT NULL,
  bytes_sent INTEGER NOT NULL
) STRICT;
CREATE TABLE disks (
  item TEXT NOT NULL REFERENCES items (name) ON DELETE CASCADE, position INTEGER NOT NULL,
  device TEXT NOT NULL, size_bytes INTEGER NOT NULL, PRIMARY KEY (item, position)
) STRICT;
CREATE TABLE points (
  item TEXT NOT NULL REFERENCES items (name) ON DELETE CASCADE, position INTEGER NOT NULL,
  id TEXT NOT NULL, layer TEXT NOT NULL, cut_ns INTEGER NOT NULL, PRIMARY KEY (item, position)
) STRICT;
CREATE TABLE layers (
  item TEXT NOT NULL REFERENCES items (name) ON DELETE CASCADE, position INTEGER NOT NULL,
  name TEXT NOT NULL, PRIMARY KEY (item, position)
) STRICT;
)";

std::string_view remedy_for(int code) {
  switch (code & 0xff) {
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return "check that its folder exists and that both can be written to";
    case SQLITE_NOTADB:
      return "name another file: this one is left as it is";
    case SQLITE_CORRUPT:
      return "restore the file from a copy, or name another one and enable replication again";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "stop the other controller that uses it";
    case SQLITE_FULL:
      return "free some space on its file system";
    default:
      return "check the file and the file system that it is on";
  }
}

/// What function() gives, a Result; whatever is thrown on the way becomes an Error about `file`.
template <class Function>
auto attempt(const std::string& file, Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const SQLite::Exception& failure) {
    return environment_error(fmt::format("catalog {}: {}", file, failure.what()),
                             std::string(remedy_for(failure.getErrorCode())));
  } catch (const std::exception& failure) {
    return environment_error(fmt::format("catalog {}: {}", file, failure.what()),
                             std::string(remedy_for(SQLITE_ERROR)));
  }
}

int pragma(SQLite::Database& database, const char* name) {
  return database.execAndGet(fmt::format("PRAGMA {}", name)).getInt();
}

Nothing make_schema_if_empty(SQLite::Database& database, const std::string& file) {
  // Looked at under the write lock: two controllers may be making the same catalog.
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  if (pragma(database, "application_id") == kApplicationId) return {};
  if (database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() != 0)
    return bad_input(fmt::format("{} is a database of another program, not a catalog", file),
                     std::string(remedy_for(SQLITE_NOTADB)));
  database.exec(kSchema);
  database.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
  database.exec(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  transaction.commit();
  return {};
}

Nothing check_version(SQLite::Database& database, const std::string& file) {
  const int version = pragma(database, "user_version");
  if (version == kSchemaVersion) return {};
  return unsupported(fmt::format("catalog {} has version {}, this program knows version {}", file,
                                 version, kSchemaVersion),
                     "use the program that wrote it, or a later one");
}

Nothing check_pages(SQLite::Database& database, const std::string& file) {
  const std::string verdict = database.execAndGet("PRAGMA quick_check(1)").getString();
  if (verdict == "ok") return {};
  return environment_error(fmt::format("catalog {} is damaged: {}", file, verdict),
                           std::string(remedy_for(SQLITE_CORRUPT)));
}

// ---- rows. Columns are bound and read in the order in which the statement names them.

/// Binds values one after the other. SQLite integers are signed: unsigned ones keep their bits.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) {}
  Binder& text(std::string_view value) {
    statement_.bind(next_++, std::string(value));
    return *this;
  }
  Binder& text_or_null(const std::optional<std::string>& value) {
    if (value) return text(*value);
    return null();
  }
  template <class Integer>
  Binder& integer(Integer value) {
    statement_.bind(next_++, static_cast<std::int64_t>(value));
    return *this;
  }
  Binder& null() {
    statement_.bind(next_++);
    return *this;
  }

 private:
  SQLite::Statement& statement_;
  int next_ = 1;
};

/// Reads the columns of the row that a statement is on, one after the other.
class Row {
 public:
  explicit Row(SQLite::Statement& statement) : statement_(statement) {}
  std::string text() { return statement_.getColumn(next_++).getString(); }
  std::optional<std::string> text_or_null() {
    if (statement_.isColumnNull(next_)) return skip();
    return text();
  }
  template <class Integer = std::int64_t>
  Integer integer() {
    return static_cast<Integer>(statement_.getColumn(next_++).getInt64());
  }

 private:
  std::nullopt_t skip() {
    ++next_;
    return std::nullopt;
  }
  SQLite::Statement& statement_;
  int next_ = 0;
};

void insert_item(SQLite::Database& database, const ItemRecord& record) {
  SQLite::Statement statement(
      database,
      "INSERT INTO items (name, rest_primary, rest_recovery, rest_direction, rest_replication, "
      "rest_awaiting, rest_points, round, tracked_since, target, last_synchronized_ns, "
      "next_round_due_ns, bytes_sent, job_operation, job_stage, job_undoing, job_failure) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Binder binder(statement);
  const ItemState& rest = record.rest;
  binder.text(record.spec.name)
      .text(name_of(rest.primary))
      .text(name_of(rest.recovery))
      .text(name_of(rest.direction))
      .text(name_of(rest.replication))
      .text(name_of(rest.awaiting))
      .text(name_of(rest.points))
      .integer(record.round)
      .text_or_null(record.tracked_since)
      .text_or_null(record.target)
      .integer(record.last_synchronized.count())
      .integer(record.next_round_due.count())
      .integer(record.bytes_sent);
  if (record.job)
    binder.text(name_of(record.job->operation))
        .integer(record.job->stage)
        .integer(record.job->undoing ? 1 : 0)
        .text(record.job->failure);
  else
    binder.null().null().null().null();
  statement.exec();
}

void insert_lists(SQLite::Database& database, const ItemRecord& record) {
  const ItemName& item = record.spec.name;
  SQLite::Statement disks(database,
                          "INSERT INTO disks (item, position, device, size_bytes) "
                          "VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < record.spec.disks.size(); ++i, disks.reset()) {
    const DiskSpec& disk = record.spec.disks[i];
    Binder(disks).text(item).integer(i).text(disk.device).integer(disk.size_bytes);
    disks.exec();
  }
  SQLite::Statement points(database,
                           "INSERT INTO points (item, position, id, layer, cut_ns) "
                           "VALUES (?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < record.points.size(); ++i, points.reset()) {
    const PointRecord& point = record.points[i];
    Binder binder(points);
    binder.text(item).integer(i).text(point.id).text(point.layer).integer(point.cut.count());
    points.exec();
  }
  SQLite::Statement layers(database, "INSERT INTO layers (item, position, name) VALUES (?, ?, ?)");
  for (std::size_t i = 0; i < record.layers.size(); ++i, layers.reset()) {
    Binder(layers).text(item).integer(i).text(record.layers[i]);
    layers.exec();
  }
}

void delete_item(SQLite::Database& database, const ItemName& item) {
  SQLite::Statement statement(database, "DELETE FROM items WHERE name = ?");
  statement.bind(1, item);
  statement.exec();  // the rows of its lists go with it
}

/// A value that is stored by its name.
template <class Value>
Result<Value> named(std::optional<Value> found, std::string_view what, const std::string& name) {
  if (found) return *found;
  return environment_error(fmt::format("'{}' is no {}", name, what),
                           std::string(remedy_for(SQLITE_CORRUPT)));
}

Result<ItemState> read_state(Row& row) {
  const std::string primary = row.text();
  const std::string recovery = row.text();
  const std::string direction = row.text();
  const std::string replication = row.text();
  const std::string awaiting = row.text();
  const std::string points = row.text();
  ItemState state;
  SB_ASSIGN(primary_role, named(role_named(primary), "role", primary));
  SB_ASSIGN(recovery_role, named(role_named(recovery), "role", recovery));
  state.primary = primary_role;
  state.recovery = recovery_role;
  SB_ASSIGN(towards, named(direction_named(direction), "direction", direction));
  state.direction = towards;
  SB_ASSIGN(replicates, named(replication_named(replication), "replication state", replication));
  state.replication = replicates;
  SB_ASSIGN(awaited, named(awaiting_named(awaiting), "awaited decision", awaiting));
  state.awaiting = awaited;
  SB_ASSIGN(listed, named(points_named(points), "state of recovery points", points));
  state.points = listed;
  return state;
}

Result<ItemRecord> read_item(Row row) {
  ItemRecord record;
  record.spec.name = row.text();
  SB_ASSIGN(rest, read_state(row));
  record.rest = rest;
  record.round = row.integer<std::uint32_t>();
  record.tracked_since = row.text_or_null();
  record.target = row.text_or_null();
  record.last_synchronized = Instant(row.integer());
  record.next_round_due = Instant(row.integer());
  record.bytes_sent = row.integer<Bytes>();
  if (const std::optional<std::string> operation = row.text_or_null()) {
    SB_ASSIGN(asked, named(operation_named(*operation), "operation", *operation));
    record.job = JobRecord::begin(asked);
    record.job->stage = row.integer<std::uint32_t>();
    record.job->undoing = row.integer() != 0;
    record.job->failure = row.text();
  }
  return record;
}

Result<std::map<ItemName, ItemRecord>> read_items(SQLite::Database& database) {
  std::map<ItemName, ItemRecord> items;
  SQLite::Statement statement(
      database,
      "SELECT name, rest_primary, rest_recovery, rest_direction, rest_replication, rest_awaiting, "
      "rest_points, round, tracked_since, target, last_synchronized_ns, next_round_due_ns, "
      "bytes_sent, job_operation, job_stage, job_undoing, job_failure FROM items");
  while (statement.executeStep()) {
    SB_ASSIGN(record, read_item(Row(statement)));
    items[record.spec.name] = record;
  }
  return items;
}

void read_lists(SQLite::Database& database, ItemRecord& record) {
  SQLite::Statement disks(database,
                          "SELECT device, size_bytes FROM disks WHERE item = ? ORDER BY position");
  disks.bind(1, record.spec.name);
  while (disks.executeStep()) {
    Row row(disks);
    DiskSpec disk;
    disk.device = row.text();
    disk.size_bytes = row.integer<Bytes>();
    record.spec.disks.push_back(disk);
  }
  SQLite::Statement points(database,
                           "SELECT id, layer, cut_ns FROM points WHERE item = ? ORDER BY position");
  points.bind(1, record.spec.name);
  while (points.executeStep()) {
    Row row(points);
    PointRecord point;
    point.id = row.text();
    point.layer = row.text();
    point.cut = Instant(row.integer());
    record.points.push_back(point);
  }
  SQLite::Statement layers(database, "SELECT name FROM layers WHERE item = ? ORDER BY position");
  layers.bind(1, record.spec.name);
  while (layers.executeStep())
    record.layers.push_back(Row(layers).text());
}

}  // namespace

SqliteCatalog::SqliteCatalog(std::string file, std::unique_ptr<SQLite::Database> database)
    : file_(std::move(file)), database_(std::move(database)) {}
SqliteCatalog::~SqliteCatalog() = default;

Result<std::unique_ptr<SqliteCatalog>> SqliteCatalog::open(const std::string& file) {
  return attempt(file, [&]() -> Result<std::unique_ptr<SqliteCatalog>> {
    auto database = std::make_unique<SQLite::Database>(
        file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMilliseconds);
    database->exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA");
    if (pragma(*database, "application_id") != kApplicationId)
      SB_TRY(make_schema_if_empty(*database, file));
    SB_TRY(check_version(*database, file));
    SB_TRY(check_pages(*database, file));
    return std::unique_ptr<SqliteCatalog>(new SqliteCatalog(file, std::move(database)));
  });
}

Result<std::map<ItemName, ItemRecord>> SqliteCatalog::load() {
  return attempt(file_, [&]() -> Result<std::map<ItemName, ItemRecord>> {
    SQLite::Transaction one_instant(*database_);
    auto items = read_items(*database_);
    if (!items) return tl::unexpected(items.error().within("catalog " + file_));
    for (auto& [name, record] : *items)
      read_lists(*database_, record);
    return items;
  });
}

Nothing SqliteCatalog::save(const ItemRecord& record) {
  return attempt(file_, [&]() -> Nothing {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    delete_item(*database_, record.spec.name);
    insert_item(*database_, record);
    insert_lists(*database_, record);
    transaction.commit();
    return {};
  });
}

Nothing SqliteCatalog::erase(const ItemName& item) {
  return attempt(file_, [&]() -> Nothing {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    delete_item(*database_, item);
    transaction.commit();
    return {};
  });
}

}  // namespace switchback::recovery
