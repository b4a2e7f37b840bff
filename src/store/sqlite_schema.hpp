#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "store/sqlite_database.hpp"

namespace errand::store {

/// One step of the schema. Versions count from 1 without gaps; a step that was released is never changed.
struct Migration {
  int version = 0;
  const char* sql = nullptr;
  void (*fill)(Database&) = nullptr;  ///< run after `sql`, in the same transaction; may be null
};

/// All steps this program knows, in order.
std::span<const Migration> all_migrations();

/// Brings the schema to the last of `migrations`: all missing steps in one transaction, after a copy of the database
/// was made beside it (`<path>.before-v<N>`) unless it was new. A newer schema, another program's database or a failed
/// step is ErrorKind::storage and leaves the database as it was. Throws SQLite::Exception.
Result<void> migrate(Database& database, std::span<const Migration> migrations);

/// Held while the file behind the name `path` is made, changed in its schema, or replaced; given back when closed.
Result<Fd> lock_directory_of(const std::string& path);

}  // namespace errand::store
