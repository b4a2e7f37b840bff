#include "store/open.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "store/as_storage.hpp"
#include "store/empty_store.hpp"
#include "store/file_area.hpp"
#include "store/filesystem.hpp"
#include "store/sqlite_create.hpp"
#include "store/sqlite_database.hpp"
#include "store/sqlite_schema.hpp"
#include "store/sqlite_store.hpp"

namespace errand::store {

namespace {

constexpr std::size_t max_user_bytes = 64;

// A store that can't be looked at is not a missing one.
Result<bool> is_there(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT) return false;
  return fail_errno(ErrorKind::storage, fmt::format("can't look at {}", path), errno);
}

// SQLite gives its files beside the database (-wal, -shm) the database's own mode.
Result<void> narrow_files(const std::string& path) {
  ERRAND_TRY(narrow_file(path));
  ERRAND_TRY(narrow_file(path + "-wal"));
  return narrow_file(path + "-shm");
}

Result<std::unique_ptr<Database>> open_database(const std::string& path) {
  std::unique_ptr<Database> database;
  try {
    if (path != memory_path) {
      ERRAND_TRY(create_database(path, all_migrations()));
      ERRAND_TRY(narrow_files(path));
    }
    database = std::make_unique<Database>(path);
    ERRAND_TRY(migrate(*database, all_migrations()));
    return database;
  } catch (const SQLite::Exception& e) {
    if (database) return fail(database->error_of(e));
    return fail(sqlite_error(path, e.getErrorCode(), e.what(), 0));
  }
}

}  // namespace

bool is_valid_user(std::string_view user) {
  const auto may_stand = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !user.empty() && user.size() <= max_user_bytes && user.front() != '.' &&
         std::all_of(user.begin(), user.end(), may_stand);
}

Result<void> refuse_lost_database(const std::string& path) {
  // The -wal is looked at first: whoever makes a store beside us makes the database before it, so that a -wal seen now
  // has its database when that is looked at.
  struct stat wal {};
  if (::lstat((path + "-wal").c_str(), &wal) != 0 || wal.st_size == 0) return {};
  struct stat database {};
  const bool gone = ::lstat(path.c_str(), &database) != 0 || database.st_size == 0;
  if (!gone) return {};
  return fail(ErrorKind::storage,
              fmt::format("{} is empty or gone, and {}-wal, which belongs to it, is not", path, path),
              "bring the database file back from a backup, or move both aside to begin a new store");
}

Result<std::unique_ptr<Store>> open(const std::string& data_directory, std::string_view user, OpenMode mode) {
  if (!is_valid_user(user)) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" can't be a user name", unicode::sanitize(user)),
                "letters, digits, '.', '_' and '-', at most 64, not beginning with '.'");
  }
  const auto directory = join_path(data_directory, user);
  const auto path = join_path(directory, "errand.db");
  ERRAND_TRY(refuse_lost_database(path));
  if (mode == OpenMode::existing_only) {
    ERRAND_TRY_ASSIGN(const bool there, is_there(path));
    if (!there) return std::make_unique<EmptyStore>(path);
  }
  if (auto made = make_directories(data_directory, 0700); !made) return as_storage(std::move(made).error());
  ERRAND_TRY(make_private_directory(directory));
  ERRAND_TRY(check_filesystem(directory));
  ERRAND_TRY_ASSIGN(auto database, open_database(path));
  return std::make_unique<SqliteStore>(std::move(database), FileArea(join_path(directory, "files")),
                                       FileArea(join_path(directory, "snapshots")));
}

Result<std::unique_ptr<Store>> open_temporary() {
  ERRAND_TRY_ASSIGN(auto database, open_database(memory_path));
  return std::make_unique<SqliteStore>(std::move(database), FileArea::temporary(), FileArea::temporary());
}

}  // namespace errand::store
