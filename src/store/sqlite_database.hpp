#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <SQLiteCpp/SQLiteCpp.h>

#include "base/error.hpp"
#include "base/time.hpp"

namespace errand::store {

// SQLite as this room uses it. Everything here throws SQLite::Exception; SqliteStore and open() catch it and make it
// an Error with Database::error_of().

/// What a statement is given; a text is borrowed for the call.
using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string_view>;

inline std::int64_t to_ms(Timestamp at) {
  return at.time_since_epoch().count();
}
inline Timestamp from_ms(std::int64_t ms) {
  return Timestamp(std::chrono::milliseconds(ms));
}
inline Value or_null(const std::optional<double>& value) {
  return value ? Value(*value) : Value(nullptr);
}
inline Value or_null(std::string_view text) {
  return text.empty() ? Value(nullptr) : Value(text);
}

/// The rows of a cached statement, one after the other. The statement is free for the next use when this goes.
class Rows {
 public:
  explicit Rows(SQLite::Statement& statement) : statement_(statement) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows();

  /// Whether there is another row; the columns below are its.
  bool next() { return statement_.executeStep(); }

  [[nodiscard]] std::int64_t integer(int column) const { return statement_.getColumn(column).getInt64(); }
  [[nodiscard]] std::string text(int column) const { return statement_.getColumn(column).getString(); }
  [[nodiscard]] bool is_null(int column) const { return statement_.getColumn(column).isNull(); }
  [[nodiscard]] std::optional<double> real(int column) const;

 private:
  SQLite::Statement& statement_;
};

/// What a commit survives.
enum class Durability {
  power_loss,  ///< on disk when commit() returns
  crash,       ///< of this process; it reaches the disk with the next one that survives a power loss. Costs no fsync
};

/// The path of a database that is kept in memory, one for each connection.
inline constexpr const char* memory_path = ":memory:";

/// One connection. Not thread-safe.
class Database {
 public:
  /// How long a call waits for another process that writes.
  static constexpr std::chrono::milliseconds busy_timeout{10'000};

  /// Opens an existing file, or memory_path.
  explicit Database(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool in_memory() const { return path_ == memory_path; }

  /// Runs a statement that changes something; the number of rows changed.
  int run(std::string_view sql, std::initializer_list<Value> values);
  /// The row id that the newest INSERT gave.
  [[nodiscard]] std::int64_t last_key() const { return connection_.getLastInsertRowid(); }
  /// A statement that reads.
  Rows query(std::string_view sql, std::initializer_list<Value> values);
  /// Several statements, not cached.
  void execute(const std::string& sql) { connection_.exec(sql); }

  /// Of the transactions that begin from now on; power_loss at first.
  void set_durability(Durability durability);

  /// The database as the bytes of its file.
  [[nodiscard]] std::string content();

  /// Whether a transaction is open.
  [[nodiscard]] bool in_transaction() const;

  /// The failure as the user hears it, with the operating system's reason where there is one.
  [[nodiscard]] Error error_of(const SQLite::Exception& exception) const;

 private:
  SQLite::Statement& prepared(std::string_view sql);

  std::string path_;
  Durability durability_ = Durability::power_loss;
  int errno_of_run_ = 0;  ///< of the last run(), when it failed
  SQLite::Database connection_;
  std::map<std::string, SQLite::Statement, std::less<>> statements_;  // after the connection: gone before it
};

/// The failure `code` (extended, as SQLite numbers them) at `path`; `error_number` is errno or 0.
Error sqlite_error(const std::string& path, int code, std::string_view message, int error_number);

/// A write transaction; rolled back when it goes, unless committed. It has the write lock from the start, so that what
/// it reads stays true until it writes.
class Transaction {
 public:
  Transaction(Database& database, Durability durability);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  void commit();

 private:
  Database& database_;
};

/// Reads that all see the database as it was at the first of them.
class ReadTransaction {
 public:
  explicit ReadTransaction(Database& database);
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction();

 private:
  Database& database_;
};

}  // namespace errand::store
