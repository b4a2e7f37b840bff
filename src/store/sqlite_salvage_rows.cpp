#include "store/sqlite_salvage_rows.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "base/text.hpp"
#include "store/sqlite_database.hpp"

namespace errand::store {

namespace {

// Keys behind one that can't be read which are tried one by one: a page holds fewer rows. Beyond, the next readable one
// is searched for in steps that double.
constexpr std::int64_t tried_one_by_one = 4096;

constexpr std::int64_t last_key = std::numeric_limits<std::int64_t>::max() / 2;

constexpr std::array<std::string_view, 6> made_anew = {"leases",         "locks",      "reservations",
                                                       "schema_version", "searchable", "touched"};

// A foreign database: nothing in its schema is obeyed, and each cell is checked before it is believed.
SQLite::Database open_damaged(const std::string& path) {
  SQLite::Database out(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, 1000);
  auto* handle = out.getHandle();
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  out.exec("PRAGMA cell_size_check=ON");
  return out;
}

std::vector<std::string> texts_of(SQLite::Database& database, const std::string& sql) {
  SQLite::Statement statement(database, sql);
  std::vector<std::string> out;
  while (statement.executeStep()) out.push_back(statement.getColumn(0).getString());
  return out;
}

// The tables that hold something of their own: neither virtual ones nor those a virtual one keeps its index in.
std::vector<std::string> tables_of(SQLite::Database& made) {
  const auto virtual_ones =
      texts_of(made, "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'");
  auto out = texts_of(made, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  std::erase_if(out, [&](const std::string& name) {
    return std::ranges::find(made_anew, name) != made_anew.end() ||
           std::ranges::any_of(virtual_ones,
                               [&](const std::string& one) { return name == one || name.starts_with(one + "_"); });
  });
  return out;
}

std::vector<std::string> columns_of(SQLite::Database& database, const std::string& table) {
  return texts_of(database, fmt::format("SELECT name FROM pragma_table_info('{}')", table));
}

void bind_as_it_is(SQLite::Statement& target, int index, const SQLite::Column& value) {
  switch (value.getType()) {
    case SQLITE_INTEGER:
      target.bind(index, value.getInt64());
      break;
    case SQLITE_FLOAT:
      target.bind(index, value.getDouble());
      break;
    case SQLITE_TEXT:
      target.bind(index, value.getString());
      break;
    case SQLITE_BLOB:
      target.bind(index, value.getBlob(), value.getBytes());
      break;
    default:
      target.bind(index);
  }
}

class TableCopy {
 public:
  TableCopy(SQLite::Database& from, SQLite::Database& to, const std::string& table, const std::string& columns,
            int count)
      : rows_(from, fmt::format("SELECT rowid, {} FROM {} WHERE rowid >= ? ORDER BY rowid", columns, table)),
        probe_(from, fmt::format("SELECT rowid, {} FROM {} WHERE rowid >= ? ORDER BY rowid LIMIT 1", columns, table)),
        insert_(to, fmt::format("INSERT INTO {}({}) VALUES({})", table, columns, marks(count))),
        count_(count) {}

  std::int64_t run() {
    std::int64_t next = 0;
    while (true) {
      if (copy_from(next)) return saved_;
      const auto reached = next_readable(next_key_);
      if (!reached) return saved_;
      next = *reached;
    }
  }

 private:
  static std::string marks(int count) {
    std::string out = "?";
    for (int i = 1; i < count; ++i) out += ", ?";
    return out;
  }

  // Whether the end was reached; else next_key_ is the first that could not be read.
  bool copy_from(std::int64_t key) {
    next_key_ = key;
    rows_.tryReset();
    try {
      rows_.bind(1, key);
      while (rows_.executeStep()) {
        next_key_ = rows_.getColumn(0).getInt64() + 1;
        take();
      }
      return true;
    } catch (const SQLite::Exception&) {
      return false;
    }
  }

  // What a table's own rules refuse was never a row of it.
  void take() {
    insert_.tryReset();
    try {
      for (int i = 1; i <= count_; ++i) bind_as_it_is(insert_, i, rows_.getColumn(i));
      insert_.exec();
      ++saved_;
    } catch (const SQLite::Exception& e) {
      if (e.getErrorCode() != SQLITE_CONSTRAINT && e.getErrorCode() != SQLITE_MISMATCH) throw WriteFailed{e};
    }
  }

  bool is_readable(std::int64_t key) {
    probe_.tryReset();
    try {
      probe_.bind(1, key);
      probe_.executeStep();
      probe_.tryReset();
      return true;
    } catch (const SQLite::Exception&) {
      return false;
    }
  }

  std::optional<std::int64_t> next_readable(std::int64_t bad) {
    for (std::int64_t step = 1; step <= tried_one_by_one; ++step) {
      if (is_readable(bad + step)) return bad + step;
    }
    auto low = bad + tried_one_by_one;
    for (auto step = tried_one_by_one; low < last_key - step; step *= 2) {
      const auto high = low + step;
      if (!is_readable(high)) {
        low = high;
        continue;
      }
      return first_readable(low, high);
    }
    return std::nullopt;
  }

  // Between one that can't be read and one that can.
  std::int64_t first_readable(std::int64_t bad, std::int64_t good) {
    while (good - bad > 1) {
      const auto middle = bad + (good - bad) / 2;
      (is_readable(middle) ? good : bad) = middle;
    }
    return good;
  }

 public:
  /// The new database can't be written: nothing that was read is at fault.
  struct WriteFailed {
    SQLite::Exception exception;
  };

 private:
  SQLite::Statement rows_;
  SQLite::Statement probe_;
  SQLite::Statement insert_;
  int count_;
  std::int64_t next_key_ = 0;
  std::int64_t saved_ = 0;
};

// From whatever can still count them: an index will do.
std::optional<std::int64_t> count_rows(SQLite::Database& from, const std::string& table) {
  try {
    return from.execAndGet(fmt::format("SELECT count(*) FROM {}", table)).getInt64();
  } catch (const SQLite::Exception&) {
    return std::nullopt;
  }
}

SavedRows copy_table(SQLite::Database& from, SQLite::Database& to, const std::string& table) {
  SavedRows out{table, 0, std::nullopt};
  std::vector<std::string> columns;
  try {
    const auto there = columns_of(from, table);
    for (auto& column : columns_of(to, table)) {
      if (std::ranges::find(there, column) != there.end()) columns.push_back(std::move(column));
    }
    if (columns.empty()) return out;
    TableCopy copy(from, to, table, text::join(columns, ", "), static_cast<int>(columns.size()));
    out.saved = copy.run();
  } catch (const SQLite::Exception&) {
    return out;  // not even its beginning can be read
  }
  if (const auto count = count_rows(from, table)) out.lost = std::max<std::int64_t>(0, *count - out.saved);
  return out;
}

}  // namespace

bool has_tables(const std::string& path) {
  try {
    auto database = open_damaged(path);
    const auto tables = texts_of(database, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    return std::ranges::all_of(std::array{"sessions", "messages", "events", "runs"},
                               [&](const char* name) { return std::ranges::find(tables, name) != tables.end(); });
  } catch (const SQLite::Exception&) {
    return false;
  }
}

Result<std::vector<SavedRows>> copy_rows(const std::string& from, const std::string& to) {
  std::vector<SavedRows> out;
  try {
    auto source = open_damaged(from);
    SQLite::Database target(to, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, 1000);
    target.exec("PRAGMA foreign_keys=OFF; BEGIN");
    for (const auto& table : tables_of(target)) out.push_back(copy_table(source, target, table));
    target.exec("COMMIT");
    target.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return out;
  } catch (const TableCopy::WriteFailed& e) {
    return fail(sqlite_error(to, e.exception.getExtendedErrorCode(), e.exception.what(), 0));
  } catch (const SQLite::Exception& e) {
    return fail(sqlite_error(to, e.getExtendedErrorCode(), e.what(), 0));
  }
}

}  // namespace errand::store
