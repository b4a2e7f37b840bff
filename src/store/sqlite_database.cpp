#include "store/sqlite_database.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/log.hpp"
#include "base/overloaded.hpp"

namespace errand::store {

namespace {

// Pages in the WAL after which a commit moves them into the database: bounds the WAL, and what the next process has to
// read when it opens one that nobody has open (1 MiB).
constexpr int checkpoint_pages = 256;

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
  connection_.exec("PRAGMA synchronous=FULL");
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
  auto& statement = prepared(sql);
  const Rows use(statement);
  bind(statement, values);
  return statement.exec();
}

Rows Database::query(std::string_view sql, std::initializer_list<Value> values) {
  auto& statement = prepared(sql);
  statement.reset();
  bind(statement, values);
  return Rows(statement);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(connection_.getHandle()) == 0;
}

Error Database::error_of(const SQLite::Exception& exception) const {
  return sqlite_error(path_, exception.getExtendedErrorCode(), exception.what(),
                      sqlite3_system_errno(connection_.getHandle()));
}

Error sqlite_error(const std::string& path, int code, std::string_view message, int error_number) {
  const auto because = [&](std::string_view what, int number) {
    return number != 0 ? fail_errno(ErrorKind::storage, fmt::format("{} {}", what, path), number).value()
                       : fail(ErrorKind::storage, fmt::format("{} {}: {}", what, path, message)).value();
  };
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
                  "it was left as it is; move it aside together with its -wal file to begin a new one")
          .value();
    default:
      return fail(ErrorKind::storage, fmt::format("can't use the store {}: {}", path, message)).value();
  }
}

Transaction::Transaction(Database& database, Durability durability) : database_(database), durability_(durability) {
  // In a WAL, NORMAL leaves out the fsync of a commit and keeps all else: the order of commits too.
  if (durability_ == Durability::crash) database_.execute("PRAGMA synchronous=NORMAL");
  try {
    database_.run("BEGIN IMMEDIATE", {});
  } catch (const SQLite::Exception&) {
    if (durability_ == Durability::crash) database_.execute("PRAGMA synchronous=FULL");
    throw;
  }
}

Transaction::~Transaction() {
  try {
    // SQLite has rolled back by itself after some failures, a full disk among them.
    if (database_.in_transaction()) database_.run("ROLLBACK", {});
    if (durability_ == Durability::crash) database_.execute("PRAGMA synchronous=FULL");
  } catch (const SQLite::Exception& e) {
    log::warn("store: can't roll back: {}", e.what());
  }
}

void Transaction::commit() {
  database_.run("COMMIT", {});
}

}  // namespace errand::store
