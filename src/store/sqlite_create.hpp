#pragma once

#include <span>
#include <string>

#include "store/sqlite_schema.hpp"

namespace errand::store {

/// Makes a database file at `path`, mode 0600, unless there is one: whole or not at all, and of several processes that
/// try at once one succeeds and the others find it. Its name is durable with the first durable transaction. Throws
/// SQLite::Exception.
Result<void> create_database(const std::string& path, std::span<const Migration> migrations);

}  // namespace errand::store
