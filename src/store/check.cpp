#include "store/check.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/id.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "store/file_area.hpp"
#include "store/open.hpp"
#include "store/sqlite_check.hpp"
#include "store/sqlite_database.hpp"
#include "store/sqlite_index.hpp"
#include "store/sqlite_salvage.hpp"
#include "store/sqlite_schema.hpp"

namespace errand::store {

namespace {

enum class Beginning { sqlite, empty, lost, foreign };

constexpr off_t page_bytes = 4096;  // SQLite's default, which every store of ours has
constexpr off_t max_pages_looked_at = 64;

// Whether a page begins as one of a table or index does: its kind, no free block beyond the page, cells that fit.
// https://www.sqlite.org/fileformat2.html section 1.6
bool is_tree_page(std::string_view page) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(page[at]); };
  const auto number = [&](std::size_t at) { return byte(at) * 256 + byte(at + 1); };
  const auto kind = byte(0);
  if (kind != 2 && kind != 5 && kind != 10 && kind != 13) return false;
  const int header = kind == 2 || kind == 5 ? 12 : 8;
  const int content = number(5) == 0 ? 65536 : number(5);
  return number(1) < page_bytes && content <= page_bytes && header + 2 * number(3) <= content && byte(7) <= 60;
}

// A first page was overwritten, and those behind it are a database's: at least two of those looked at, and a
// quarter of them; the rest are pages of long texts.
bool has_pages_of_ours(int file, off_t count) {
  std::array<char, page_bytes> page{};
  int trees = 0;
  const auto pages = std::min(count, max_pages_looked_at);
  for (off_t at = 1; at < pages; ++at) {
    if (::pread(file, page.data(), page.size(), at * page_bytes) != page_bytes) return false;
    if (is_tree_page({page.data(), page.size()})) ++trees;
  }
  return trees >= 2 && trees * 4 >= pages;
}

// Whether what is beside it is SQLite's log of pages: https://www.sqlite.org/fileformat2.html section 4.1
bool has_log(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  std::array<unsigned char, 12> bytes{};
  if (!file || ::read(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return false;
  const std::array<unsigned char, 3> magic = {0x37, 0x7f, 0x06};
  const bool is_log = std::equal(magic.begin(), magic.end(), bytes.begin()) && (bytes[3] == 0x82 || bytes[3] == 0x83);
  return is_log && bytes[8] == 0 && bytes[9] == 0 && bytes[10] == 0x10 && bytes[11] == 0;  // pages of 4096 bytes
}

// Nobody in this process has the database open: its descriptor may be closed.
Result<Beginning> beginning_of(const std::string& path) {
  constexpr std::string_view magic("SQLite format 3\0", 16);
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 16> bytes{};
  const auto got = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
  if (got < 0) return fail_errno(ErrorKind::storage, fmt::format("can't read {}", path), errno);
  if (got == 0) return Beginning::empty;
  const std::string_view there(bytes.data(), static_cast<std::size_t>(got));
  if (there == magic) return Beginning::sqlite;
  if (there == std::string(16, '\0')) return Beginning::lost;
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || info.st_size % page_bytes != 0) return Beginning::foreign;
  const bool ours = has_pages_of_ours(file.get(), info.st_size / page_bytes) || has_log(path + "-wal");
  return ours ? Beginning::lost : Beginning::foreign;
}

bool is_about_content(const SQLite::Exception& e) {
  return e.getErrorCode() == SQLITE_CORRUPT || e.getErrorCode() == SQLITE_NOTADB;
}

class Check {
 public:
  Check(std::string directory, Mend mend) : directory_(std::move(directory)), mend_(mend) {
    report_.path = join_path(directory_, "errand.db");
  }

  Result<CheckReport> run() {
    struct stat info {};
    for (const auto& path : {directory_, report_.path, report_.path + "-wal"}) {
      if (::lstat(path.c_str(), &info) != 0 || !S_ISLNK(info.st_mode)) continue;
      return fail(ErrorKind::storage, fmt::format("{} is a symbolic link", path), "it may lead to another user's data");
    }
    ERRAND_TRY(refuse_lost_database(report_.path));
    if (::lstat(report_.path.c_str(), &info) != 0) {
      if (errno == ENOENT) return std::move(report_);
      return fail_errno(ErrorKind::storage, fmt::format("can't look at {}", report_.path), errno);
    }
    report_.is_there = true;
    ERRAND_TRY_ASSIGN(const auto beginning, beginning_of(report_.path));
    if (beginning == Beginning::foreign) {
      return fail(ErrorKind::storage, fmt::format("{} is no database of errand's", report_.path),
                  "it is left untouched; move it aside, or name another data directory with --data-dir");
    }
    ERRAND_TRY(check_modes());
    if (beginning == Beginning::empty) return std::move(report_);
    if (beginning == Beginning::lost) {
      damaged("its first page is lost");
    } else {
      ERRAND_TRY(look_at_pages());
    }
    if (is_damaged()) {
      if (mend_ == Mend::nothing) return std::move(report_);
      ERRAND_TRY_ASSIGN(report_.salvage, salvage(report_.path));
      for (auto& finding : report_.findings) finding.mended |= finding.weight == Weight::damage;
    }
    ERRAND_TRY(look_at_rows());
    return std::move(report_);
  }

 private:
  void damaged(std::string text) { report_.findings.push_back({"damaged", Weight::damage, std::move(text), false}); }

  [[nodiscard]] bool is_damaged() const {
    return std::ranges::any_of(report_.findings, [](const Finding& f) { return f.weight == Weight::damage; });
  }

  Result<void> check_modes() {
    for (const auto* name : {".", "files", "snapshots", "memory", "archive"})
      ERRAND_TRY(check_mode(join_path(directory_, name), 0700));
    for (const auto* end : {"", "-wal", "-shm"}) ERRAND_TRY(check_mode(report_.path + end, 0600));
    return {};
  }

  Result<void> check_mode(const std::string& path, mode_t allowed) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || (info.st_mode & 07777U & ~allowed) == 0) return {};
    const auto shown = normalize_path(path);
    if (mend_ == Mend::what_can_be && ::chmod(path.c_str(), info.st_mode & allowed) != 0) {
      return fail_errno(ErrorKind::storage, fmt::format("can't make {} private", shown), errno);
    }
    report_.findings.push_back(
        {"mode", Weight::harmless,
         fmt::format("{} has mode {:04o}, wider than {:04o}", shown, info.st_mode & 07777U, allowed),
         mend_ == Mend::what_can_be});
    return {};
  }

  // What another program or a newer errand wrote is an error; what can't be read is a finding.
  Result<void> look_at_pages() {
    try {
      Database database(report_.path);
      ERRAND_TRY(migrate(database, all_migrations()));
      auto found = check_pages(database);
      report_.findings.insert(report_.findings.end(), found.begin(), found.end());
      return {};
    } catch (const SQLite::Exception& e) {
      if (!is_about_content(e)) return fail(sqlite_error(report_.path, e.getExtendedErrorCode(), e.what(), 0));
      damaged(e.what());
      return {};
    }
  }

  Result<void> look_at_rows() {
    try {
      Database database(report_.path);
      auto found = check_rows(database, mend_);
      report_.findings.insert(report_.findings.end(), found.begin(), found.end());
      look_at_index(database);
      report_.sessions = count(database, "SELECT count(*) FROM sessions");
      report_.messages = count(database, "SELECT count(*) FROM messages");
      return check_files(database);
    } catch (const SQLite::Exception& e) {
      return fail(sqlite_error(report_.path, e.getExtendedErrorCode(), e.what(), 0));
    }
  }

  // It can be made anew from what it stands for, after a salvage too.
  void look_at_index(Database& database) {
    const auto sound = check_index(database);
    if (sound) return;
    if (mend_ == Mend::what_can_be) {
      Transaction transaction(database, Durability::power_loss);
      rebuild_index(database);
      transaction.commit();
    }
    const bool mended = mend_ == Mend::what_can_be;
    report_.findings.push_back({"index", mended ? Weight::harmless : Weight::loss,
                                fmt::format("search can't find everything: {}", sound.error().message), mended});
  }

  static std::int64_t count(Database& database, std::string_view sql) {
    auto rows = database.query(sql, {});
    return rows.next() ? rows.integer(0) : 0;
  }

  // A crash while a session was removed leaves its files; a salvage may have lost their session.
  Result<void> check_files(Database& database) {
    for (const auto* area : {"files", "snapshots"}) ERRAND_TRY(check_area(database, area));
    return {};
  }

  Result<void> check_area(Database& database, const char* area) {
    std::error_code failed;
    const auto root = join_path(directory_, area);
    for (std::filesystem::directory_iterator at(root, failed), end; !failed && at != end; at.increment(failed)) {
      const auto name = at->path().filename().string();
      if (is_uuid(name)) {
        auto rows = database.query("SELECT 1 FROM sessions WHERE id = ?", {name});
        if (rows.next()) continue;
      }
      const bool moves = mend_ == Mend::what_can_be && is_uuid(name);
      if (moves) ERRAND_TRY(move_to_archive(area, name));
      report_.findings.push_back({"orphan_files", Weight::harmless,
                                  fmt::format("{} belongs to no session{}", unicode::sanitize(join_path(root, name)),
                                              moves ? "; it is in the archive now" : ""),
                                  moves});
    }
    return {};
  }

  Result<void> move_to_archive(const std::string& area, const std::string& name) const {
    const auto archive = join_path(directory_, "archive");
    ERRAND_TRY(make_private_directory(archive));
    auto target = join_path(archive, fmt::format("{}.{}", name, area));
    for (int copy = 2; path_exists(target); ++copy) {
      target = join_path(archive, fmt::format("{}.{}.{}", name, copy, area));
    }
    return FileArea(join_path(directory_, area)).move(name, target);
  }

  std::string directory_;
  Mend mend_;
  CheckReport report_;
};

}  // namespace

Result<CheckReport> check_store(const std::string& data_directory, std::string_view user, Mend mend) {
  if (!is_valid_user(user)) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" can't be a user name", unicode::sanitize(user)));
  }
  return Check(join_path(data_directory, user), mend).run();
}

}  // namespace errand::store
