// SPDX-License-Identifier: Apache-2.0
// The catalog that survives the controller: a SQLite database in one file.
//
// Chosen over files of our own: a save must happen wholly or not at all at any instant of death,
// and SQLite's rollback journal is the best tested code there is for that. It runs in DELETE mode
// with synchronous=EXTRA, because with FULL a power loss just after a commit may bring the journal
// back and undo it (https://www.sqlite.org/pragma.html#pragma_synchronous), and a stage would then
// have been entered that no record knows of.
#pragma once

#include <memory>
#include <string>

#include "vms/recovery/catalog.hpp"

namespace SQLite {
class Database;
}

namespace switchback::recovery {

/// Not thread-safe; several processes may have the same file open, and a call waits a few seconds
/// for another one's transaction to end. Errors name the file.
class SqliteCatalog final : public Catalog {
 public:
  /// Opens the catalog, or makes an empty one where there is no file or an empty file. ":memory:"
  /// gives one that lives as long as the object. Refused: files that are damaged, that are not
  /// catalogs, and catalogs of a later version.
  static Result<std::unique_ptr<SqliteCatalog>> open(const std::string& file);
  ~SqliteCatalog() override;

  Result<std::map<ItemName, ItemRecord>> load() override;
  Nothing save(const Shared<ItemRecord>& record) override;
  Nothing erase(const ItemName& item) override;

 private:
  SqliteCatalog(std::string file, std::unique_ptr<SQLite::Database> database);

  std::string file_;
  std::unique_ptr<SQLite::Database> database_;
};

}  // namespace switchback::recovery
