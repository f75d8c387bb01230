// SPDX-License-Identifier: Apache-2.0
// See sqlite_catalog.hpp. Exceptions of the SQLite wrapper end in attempt() and go no further.
#include "vms/recovery/sqlite_catalog.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "vms/recovery/record_json.hpp"

namespace switchback::recovery {
namespace {

/// 2: one JSON document an item (see record_json.hpp). 1 had a column a field.
constexpr int kSchemaVersion = 4;
/// "SwDR" in the file's header: tells a catalog from other programs' databases.
constexpr int kApplicationId = 0x53774452;
constexpr int kBusyMilliseconds = 5000;

constexpr const char* kSchema =
    "CREATE TABLE items (name TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT";

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

Result<ItemRecord> read_item(const std::string& name, const std::string& document) {
  auto record = record_from_json(document);
  if (!record) return tl::unexpected(record.error().within("item " + name));
  if (record->spec.name != name)
    return environment_error(
        fmt::format("item {}: the document is about item {}", name, record->spec.name),
        std::string(remedy_for(SQLITE_CORRUPT)));
  return record;
}

Result<std::map<ItemName, ItemRecord>> read_items(SQLite::Database& database) {
  std::map<ItemName, ItemRecord> items;
  SQLite::Statement statement(database, "SELECT name, record FROM items");
  while (statement.executeStep()) {
    const std::string name = statement.getColumn(0).getString();
    SB_ASSIGN(record, read_item(name, statement.getColumn(1).getString()));
    items[name] = std::move(record);
  }
  return items;
}

}  // namespace

SqliteCatalog::SqliteCatalog(std::string file, std::unique_ptr<SQLite::Database> database)
    : file_(std::move(file)), database_(std::move(database)) {}
SqliteCatalog::~SqliteCatalog() = default;

Result<std::unique_ptr<SqliteCatalog>> SqliteCatalog::open(const std::string& file) {
  return attempt(file, [&]() -> Result<std::unique_ptr<SqliteCatalog>> {
    auto database = std::make_unique<SQLite::Database>(
        file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMilliseconds);
    database->exec("PRAGMA synchronous = EXTRA");
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
    return items;
  });
}

Nothing SqliteCatalog::save(const Shared<ItemRecord>& record) {
  return attempt(file_, [&]() -> Nothing {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement statement(*database_,
                                "INSERT OR REPLACE INTO items (name, record) VALUES (?, ?)");
    statement.bind(1, record->spec.name);
    statement.bind(2, to_json(record));
    statement.exec();
    transaction.commit();
    return {};
  });
}

Nothing SqliteCatalog::erase(const ItemName& item) {
  return attempt(file_, [&]() -> Nothing {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement statement(*database_, "DELETE FROM items WHERE name = ?");
    statement.bind(1, item);
    statement.exec();
    transaction.commit();
    return {};
  });
}

}  // namespace switchback::recovery
