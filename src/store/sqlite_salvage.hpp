#pragma once

#include <string>

#include "base/error.hpp"
#include "store/check.hpp"

namespace errand::store {

/// The process, other than this one, that has the database open; 0: none that can be seen. In WAL mode every connection
/// holds SQLite's shared lock (https://www.sqlite.org/fileformat2.html, "locking") for as long as it is open.
std::int64_t process_with_open(const std::string& path);

/// Makes a new database of every row of `path` that can be read, moves the damaged one aside with its -wal and -shm,
/// and puts the new one in its place. Tables are read row by row: a page that can't be read costs its own rows. A first
/// page that is lost is replaced by that of a new store, whose tables begin on the same pages. Until the last step
/// `path` is left as it is. Throws SQLite::Exception where the new one can't be written.
Result<Salvage> salvage(const std::string& path);

}  // namespace errand::store
