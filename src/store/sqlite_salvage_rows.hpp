#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "store/check.hpp"

namespace errand::store {

/// Whether the list of tables of that database can be read, and ours are in it.
[[nodiscard]] bool has_tables(const std::string& path);

/// Copies every row that can be read from one database into another, a new one, by the names of tables and columns.
/// Leases and what is made from other tables (search) stay behind.
Result<std::vector<SavedRows>> copy_rows(const std::string& from, const std::string& to);

}  // namespace errand::store
