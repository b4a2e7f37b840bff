#include "store/sqlite_create.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/try.hpp"

namespace errand::store {

namespace {

// Made in memory and written at once, a new database costs one fsync; made in place, SQLite needs a dozen for the
// journal, the switch to WAL and the schema (measured: 4 ms and 56 ms).
Result<std::string> content_of_new(std::span<const Migration> migrations) {
  Database database(memory_path);
  ERRAND_TRY(migrate(database, migrations));
  return database.content();
}

// File format, https://www.sqlite.org/fileformat2.html section 1.3: the write and read versions, 2 for WAL.
void mark_as_wal(std::string& content) {
  content.at(18) = 2;
  content.at(19) = 2;
}

// Takes the name away again.
class TemporaryName {
 public:
  explicit TemporaryName(std::string path) : path_(std::move(path)) {}
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  ~TemporaryName() { ::unlink(path_.c_str()); }
  [[nodiscard]] const char* get() const { return path_.c_str(); }

 private:
  std::string path_;
};

tl::unexpected<Error> cant_make(const std::string& path, int error_number) {
  return fail_errno(ErrorKind::storage, fmt::format("can't make {}", path), error_number);
}

}  // namespace

Result<void> create_database(const std::string& path, std::span<const Migration> migrations) {
  if (path_exists(path)) return {};
  ERRAND_TRY_ASSIGN(auto content, content_of_new(migrations));
  mark_as_wal(content);
  std::string pattern = path + ".XXXXXX";
  Fd file(::mkostemp(pattern.data(), O_CLOEXEC));  // mode 0600
  if (!file) return cant_make(path, errno);
  const TemporaryName temporary(pattern);
  if (!write_all(file.get(), content) || ::fsync(file.get()) != 0) return cant_make(path, errno);
  // Closed before it has its name: closing it later would drop the locks of whoever opened it (fcntl(2)).
  file.reset();
  if (::link(temporary.get(), path.c_str()) != 0 && errno != EEXIST) return cant_make(path, errno);
  return {};
}

}  // namespace errand::store
