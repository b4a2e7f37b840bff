#include "store/sqlite_salvage.hpp"

#include <cerrno>
#include <optional>
#include <set>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "store/sqlite_create.hpp"
#include "store/sqlite_database.hpp"
#include "store/sqlite_salvage_rows.hpp"
#include "store/sqlite_schema.hpp"

namespace errand::store {

namespace {

constexpr std::size_t header_bytes = 100;
constexpr std::size_t page_bytes = 4096;  // SQLite's default, which every store of ours has

// Largest database that is mended by way of a copy.
constexpr std::size_t max_copied_bytes = std::size_t{16} << 30U;

tl::unexpected<Error> cant(std::string_view what, const std::string& path) {
  return fail_errno(ErrorKind::storage, fmt::format("can't {} {}", what, path), errno);
}

// A path that is removed with what SQLite makes beside it.
class WorkingFile {
 public:
  explicit WorkingFile(std::string path) : path_(std::move(path)) { remove(); }
  WorkingFile(const WorkingFile&) = delete;
  WorkingFile& operator=(const WorkingFile&) = delete;
  ~WorkingFile() { remove(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void remove() const {
    for (const auto* end : {"", "-wal", "-shm", "-journal"}) ::unlink((path_ + end).c_str());
  }

  std::string path_;
};

Result<void> copy_file(const std::string& from, const std::string& to) {
  const Fd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in && errno == ENOENT) return {};
  if (!in) return cant("read", from);
  const Fd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return cant("write", to);
  std::string buffer(std::size_t{1} << 20U, '\0');
  std::size_t copied = 0;
  while (copied < max_copied_bytes) {
    const auto got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cant("read", from);
    if (got == 0) return {};
    if (!write_all(out.get(), std::string_view(buffer).substr(0, static_cast<std::size_t>(got))))
      return cant("write", to);
    copied += static_cast<std::size_t>(got);
  }
  return fail(ErrorKind::limit, fmt::format("{} is larger than {} bytes", from, max_copied_bytes));
}

struct Patch {
  std::size_t offset = 0;
  std::string bytes;
};

// What of a new store is not the root of a table or index is its list of tables: empty tables have one page each.
Result<std::vector<Patch>> list_of_tables(const std::string& content, const std::string& path) {
  Database database(path);
  std::set<std::int64_t> roots;
  auto rows = database.query("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0", {});
  while (rows.next()) roots.insert(rows.integer(0));
  std::vector<Patch> out;
  for (std::size_t page = 0; (page + 1) * page_bytes <= content.size(); ++page) {
    if (roots.contains(static_cast<std::int64_t>(page) + 1)) continue;
    out.push_back({page * page_bytes, content.substr(page * page_bytes, page_bytes)});
  }
  return out;
}

enum class Replaced { header, list_of_tables };

// The beginning of a new store, made to fit a file of any length.
Result<std::vector<Patch>> fresh(const std::string& directory, Replaced replaced) {
  const WorkingFile made(join_path(directory, "errand.db.fresh"));
  ERRAND_TRY(create_database(made.path(), all_migrations()));
  ERRAND_TRY_ASSIGN(auto content, read_file(made.path()));
  // The file's length counts, and pages that were free are not looked for: "in-header database size" and "freelist",
  // https://www.sqlite.org/fileformat2.html section 1.3.
  for (std::size_t at = 28; at < 40; ++at) content.at(at) = '\0';
  if (replaced == Replaced::header) return std::vector<Patch>{{0, content.substr(0, header_bytes)}};
  return list_of_tables(content, made.path());
}

Result<void> overwrite(const std::string& path, const std::vector<Patch>& patches) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return cant("write", path);
  for (const auto& patch : patches) {
    const auto size = static_cast<ssize_t>(patch.bytes.size());
    if (::pwrite(file.get(), patch.bytes.data(), patch.bytes.size(), static_cast<off_t>(patch.offset)) != size) {
      return cant("write", path);
    }
  }
  return {};
}

// Where the rows can be read: the database itself, or a copy whose beginning is a new one's. nullopt: nowhere.
Result<std::optional<std::string>> readable(const std::string& path, const WorkingFile& copy) {
  if (has_tables(path)) return path;
  for (const auto replaced : {Replaced::header, Replaced::list_of_tables}) {
    for (const auto* end : {"", "-wal", "-shm"}) ::unlink((copy.path() + end).c_str());
    ERRAND_TRY(copy_file(path, copy.path()));
    ERRAND_TRY(copy_file(path + "-wal", copy.path() + "-wal"));
    ERRAND_TRY_ASSIGN(const auto patches, fresh(parent_path(path), replaced));
    ERRAND_TRY(overwrite(copy.path(), patches));
    if (has_tables(copy.path())) return copy.path();
  }
  return std::nullopt;
}

std::string free_name_beside(const std::string& path) {
  auto stamp = to_rfc3339(now()).substr(0, 19);
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  auto name = fmt::format("{}.damaged-{}Z", path, stamp);
  for (int copy = 2; path_exists(name); ++copy) name = fmt::format("{}.damaged-{}Z-{}", path, stamp, copy);
  return name;
}

Result<void> sync_file(const std::string& path, int flags) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!file || ::fsync(file.get()) != 0) return cant("write", path);
  return {};
}

// The -wal belongs to the old one: it goes before the new one has the name. Whoever looks in between sees the damaged
// database, and finds the rest of it beside it.
Result<void> exchange(const std::string& path, const std::string& made, const std::string& kept) {
  ERRAND_TRY(sync_file(made, 0));
  if (::link(path.c_str(), kept.c_str()) != 0) return cant("keep the damaged store as", kept);
  for (const auto* end : {"-wal", "-shm"}) {
    if (::rename((path + end).c_str(), (kept + end).c_str()) != 0 && errno != ENOENT) return cant("move", path + end);
  }
  ERRAND_TRY(sync_file(parent_path(path), O_DIRECTORY));
  if (::rename(made.c_str(), path.c_str()) != 0) return cant("replace", path);
  return sync_file(parent_path(path), O_DIRECTORY);
}

}  // namespace

std::int64_t process_with_open(const std::string& path) {
  constexpr off_t shared_first = 0x40000002;  // of SQLite's lock bytes
  constexpr off_t shared_size = 510;
  const Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return 0;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = shared_first;
  lock.l_len = shared_size;
  if (::fcntl(file.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return 0;
  return lock.l_pid;
}

Result<Salvage> salvage(const std::string& path) {
  ERRAND_TRY_ASSIGN(const auto lock, lock_directory_of(path));
  if (const auto pid = process_with_open(path); pid != 0) {
    return fail(ErrorKind::busy, fmt::format("process {} has {} open", pid, path), "end it, and try again");
  }
  const WorkingFile copy(path + ".reading");
  const WorkingFile made(path + ".salvaged");
  ERRAND_TRY_ASSIGN(const auto source, readable(path, copy));
  ERRAND_TRY(create_database(made.path(), all_migrations()));
  Salvage out;
  if (source) {
    ERRAND_TRY_ASSIGN(out.tables, copy_rows(*source, made.path()));
  }
  out.kept_as = free_name_beside(path);
  ERRAND_TRY(exchange(path, made.path(), out.kept_as));
  log::warn("store: the damaged database is kept as {}", out.kept_as);
  return out;
}

}  // namespace errand::store
