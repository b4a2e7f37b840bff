#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "store/store.hpp"

namespace errand::store {

/// Whether `user` may name a directory: [A-Za-z0-9._-]{1,64}, no leading dot.
[[nodiscard]] bool is_valid_user(std::string_view user);

enum class OpenMode {
  create,         ///< make what is missing
  existing_only,  ///< a missing store is an empty one that keeps nothing: for listings
};

/// Opens `<data_directory>/<user>/errand.db`. The user's directory gets mode 0700, the database 0600; wider modes found
/// are narrowed. A database of a newer version, a corrupt or an unreadable one, and a network file system, are
/// ErrorKind::storage; a corrupt one is left where it is and named, with what mends it.
Result<std::unique_ptr<Store>> open(const std::string& data_directory, std::string_view user, OpenMode mode);

/// `storage` when the database is empty or gone while its -wal is not: SQLite would throw that away, and with it most
/// of what was stored.
Result<void> refuse_lost_database(const std::string& path);

/// A store in memory for `--no-session`: nothing outlives it but `files_directory`, which is removed with it.
Result<std::unique_ptr<Store>> open_temporary();

}  // namespace errand::store
