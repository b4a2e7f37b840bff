#include "store/sqlite_database.hpp"

#include <cerrno>
#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "store/sqlite_fts.hpp"

namespace errand::store {

namespace {

// Pages in the WAL after which a commit moves them into the database: bounds the WAL, and what the next process has to
// read when it opens one that nobody has open (1 MiB).
constexpr int checkpoint_pages = 256;

// A WAL that one large transaction blew up is cut back to this at the next checkpoint.
constexpr int max_idle_wal_bytes = 4 << 20;

void bind(SQLite::Statement& statement, std::initializer_list<Value> values) {
  int index = 0;
  for (const auto& value : values) {
    ++index;
    std::visit(overloaded{
                   [&](std::nullptr_t) { statement.bind(index); },
                   [&](std::int64_t number) { statement.bind(index, number); },
                   [&](double number) { statement.bind(index, number); },
                   [&](std::string_view text) { statement.bind(index, std::string(text)); },
               },
               value);
  }
}

void configure(sqlite3* handle) {
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  // A repository may bring a database along: nothing in its schema is to be obeyed.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  // The last process out need not pay three fsyncs (16 ms on a plain disk, four times what a commit costs) to empty the
  // WAL: the next one reads it, and checkpoint_pages keeps that short.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_autocheckpoint(handle, checkpoint_pages);
}

// What opening would have said, where SQLite only tells that it failed.
int errno_of_access(const std::string& path) {
  return ::access(path.c_str(), R_OK | W_OK) == 0 ? 0 : errno;
}

}  // namespace

Rows::~Rows() {
  statement_.tryReset();
}

std::optional<double> Rows::real(int column) const {
  if (is_null(column)) return std::nullopt;
  return statement_.getColumn(column).getDouble();
}

Database::Database(const std::string& path)
    : path_(path),
      connection_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, static_cast<int>(busy_timeout.count())) {
  configure(connection_.getHandle());
  register_search(connection_.getHandle());
  connection_.exec(fmt::format("PRAGMA synchronous=FULL; PRAGMA journal_size_limit={}", max_idle_wal_bytes));
}

SQLite::Statement& Database::prepared(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    const std::string text(sql);
    found = statements_.try_emplace(text, connection_, text).first;
  }
  return found->second;
}

int Database::run(std::string_view sql, std::initializer_list<Value> values) {
  errno_of_run_ = 0;
  auto& statement = prepared(sql);
  const Rows use(statement);
  bind(statement, values);
  // What a failed COMMIT met is not in sqlite3_system_errno(): it is set for other statements only (tried, 3.40).
  errno = 0;
  try {
    return statement.exec();
  } catch (const SQLite::Exception&) {
    errno_of_run_ = errno;
    throw;
  }
}

Rows Database::query(std::string_view sql, std::initializer_list<Value> values) {
  errno_of_run_ = 0;
  auto& statement = prepared(sql);
  statement.reset();
  bind(statement, values);
  return Rows(statement);
}

void Database::set_durability(Durability durability) {
  if (durability == durability_) return;
  // In a WAL, NORMAL leaves out the fsync of a commit and keeps all else: the order of commits too.
  execute(durability == Durability::crash ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL");
  durability_ = durability;
}

std::string Database::content() {
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, decltype(&sqlite3_free)> bytes(
      sqlite3_serialize(connection_.getHandle(), "main", &size, 0), &sqlite3_free);
  if (!bytes) throw SQLite::Exception("out of memory", SQLITE_NOMEM);
  return {reinterpret_cast<const char*>(bytes.get()), static_cast<std::size_t>(size)};
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(connection_.getHandle()) == 0;
}

Error Database::error_of(const SQLite::Exception& exception) const {
  const int error_number = errno_of_run_ != 0 ? errno_of_run_ : sqlite3_system_errno(connection_.getHandle());
  return sqlite_error(path_, exception.getExtendedErrorCode(), exception.what(), error_number);
}

Error sqlite_error(const std::string& path, int code, std::string_view message, int error_number) {
  const auto because = [&](std::string_view what, int number) {
    return number != 0 ? fail_errno(ErrorKind::storage, fmt::format("{} {}", what, path), number).value()
                       : fail(ErrorKind::storage, fmt::format("{} {}: {}", what, path, message)).value();
  };
  if (code == SQLITE_CORRUPT_VTAB) {
    return fail(ErrorKind::storage, fmt::format("the search index of {} is damaged", path),
                "what was said is not; \"errand sessions fsck --repair\" makes the index anew")
        .value();
  }
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return because("can't write", ENOSPC);
    case SQLITE_IOERR:
      return because("can't read or write", error_number);
    case SQLITE_CANTOPEN:
      return because("can't open", error_number != 0 ? error_number : errno_of_access(path));
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return fail(ErrorKind::storage, fmt::format("can't write {}: it is read-only", path),
                  "check owner and mode of the file and of its directory, or name another with --data-dir")
          .value();
    case SQLITE_BUSY:
    case SQLITE_LOCKED: {
      auto error = fail(ErrorKind::storage,
                        fmt::format("{} stayed locked for {} s", path, Database::busy_timeout.count() / 1000),
                        "another process is writing to it; try again")
                       .value();
      error.retryable = true;
      return error;
    }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail(ErrorKind::storage, fmt::format("the store {} is damaged: {}", path, message),
                  "\"errand sessions fsck --repair\" saves what can be read into a new one and keeps this one; until "
                  "then it is left as "
                  "it is")
          .value();
    default:
      return fail(ErrorKind::storage, fmt::format("can't use the store {}: {}", path, message)).value();
  }
}

Transaction::Transaction(Database& database, Durability durability) : database_(database) {
  database_.set_durability(durability);
  database_.run("BEGIN IMMEDIATE", {});
}

Transaction::~Transaction() {
  try {
    // SQLite has rolled back by itself after some failures, a full disk among them.
    if (database_.in_transaction()) database_.run("ROLLBACK", {});
  } catch (const SQLite::Exception& e) {
    log::warn("store: can't roll back: {}", e.what());
  }
}

ReadTransaction::ReadTransaction(Database& database) : database_(database) {
  database_.run("BEGIN", {});
}

ReadTransaction::~ReadTransaction() {
  try {
    if (database_.in_transaction()) database_.run("ROLLBACK", {});
  } catch (const SQLite::Exception& e) {
    log::warn("store: can't end a read: {}", e.what());
  }
}

void Transaction::commit() {
  database_.run("COMMIT", {});
}

}  // namespace errand::store
