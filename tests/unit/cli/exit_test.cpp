#include <array>

#include <catch2/catch.hpp>

#include "base/exit_code.hpp"
#include "cli/main.hpp"

using namespace errand;

TEST_CASE("exit: each kind of failure has its code, under the name that JSON has", "[cli][exit]") {
  struct Row {
    ErrorKind kind;
    int code;
    std::string_view name;
  };
  constexpr std::array rows = {
      Row{ErrorKind::failure, 1, "failure"},
      Row{ErrorKind::usage, 2, "usage"},
      Row{ErrorKind::config, 3, "config"},
      Row{ErrorKind::auth, 4, "auth"},
      Row{ErrorKind::unavailable, 5, "unavailable"},
      Row{ErrorKind::denied, 6, "denied"},
      Row{ErrorKind::limit, 7, "limit"},
      Row{ErrorKind::schema, 8, "schema"},
      Row{ErrorKind::storage, 9, "storage"},
      Row{ErrorKind::internal, 70, "internal"},
      Row{ErrorKind::busy, 75, "busy"},
      Row{ErrorKind::timeout, 124, "timeout"},
      Row{ErrorKind::cancelled, 130, "cancelled"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK(exit_code_of(row.kind) == row.code);
    CHECK(name_of(row.kind) == row.name);
  }
}

TEST_CASE("exit: an exception that nobody expected is a bug, and told as one", "[cli][exit]") {
  CHECK(cli::report_bug("vector::at") == 70);
}
