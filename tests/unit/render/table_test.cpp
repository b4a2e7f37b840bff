#include "render/table.hpp"

#include <catch2/catch.hpp>

#include "base/text.hpp"
#include "base/unicode.hpp"

using namespace errand;
using namespace errand::render;

namespace {

Table sessions() {
  Table table({{"ID"}, {"TITLE", Fit::flexible}, {"TURNS", Fit::fixed, Align::right}, {"AGENT", Fit::flexible}});
  table.add({"s1", "migrate the database", "3", "helper"});
  table.add({"s20", "数据库迁移", "12", "reviewer"});
  table.add({"s3"});
  return table;
}

}  // namespace

TEST_CASE("table: on a terminal columns line up within the width", "[render][table]") {
  CHECK(sessions().text({Medium::terminal, 80, Color::off}) ==
        "ID   TITLE                 TURNS  AGENT\n"
        "s1   migrate the database      3  helper\n"
        "s20  数据库迁移               12  reviewer\n"
        "s3\n");
  CHECK(sessions().text({Medium::terminal, 32, Color::off}) ==
        "ID   TITLE       TURNS  AGENT\n"
        "s1   migrate t…      3  helper\n"
        "s20  数据库迁移     12  reviewer\n"
        "s3\n");
}

TEST_CASE("table: no line is wider than the terminal while it can be helped", "[render][table]") {
  for (std::size_t columns = 20; columns < 60; ++columns) {
    for (const auto& line : text::lines(sessions().text({Medium::terminal, columns, Color::off}))) {
      CAPTURE(columns, line);
      CHECK(unicode::width(line) <= columns);
    }
  }
}

TEST_CASE("table: on a pipe cells stand between tabs, whole", "[render][table]") {
  Table table({{"ID"}, {"TITLE", Fit::flexible}});
  const std::string wide(500, 'w');
  table.add({"a\tb\nc", wide});
  table.add(
      {"\x1b]0;x\a"
       "d",
       ""});
  CHECK(table.text({Medium::pipe, 80, Color::off}) == "a b c\t" + wide + "\n⟦escape⟧d\t\n");
}

TEST_CASE("table: without rows there is nothing to show", "[render][table]") {
  const Table table({{"ID"}});
  CHECK(table.empty());
  CHECK(table.text({Medium::terminal, 80, Color::on}).empty());
}

TEST_CASE("table: headers stand out where there is colour", "[render][table]") {
  Table table({{"ID"}, {"N"}});
  table.add({"a", "1"});
  CHECK(table.text({Medium::terminal, 80, Color::on}) == "\x1b[1mID  N\x1b[0m\na   1\n");
}

TEST_CASE("table: where columns have no room each row has lines of its own", "[render][table]") {
  Table table({{"id"}, {"age"}, {"agent"}, {"title", Fit::flexible}, {"status"}});
  table.add({"01a20482-aba1", "12m", "reviewer", "migrate the database", "idle"});
  table.add({"01a20482-aba2", "now", "", "short", "running"});
  CHECK(table.text({Medium::terminal, 60, Color::off}) ==
        "id             age  agent     title                 status\n"
        "01a20482-aba1  12m  reviewer  migrate the database  idle\n"
        "01a20482-aba2  now            short                 running\n");
  CHECK(table.text({Medium::terminal, 36, Color::off}) ==
        "01a20482-aba1  age 12m\n"
        "  agent reviewer\n"
        "  title migrate the database\n"
        "  status idle\n"
        "01a20482-aba2  age now  title short\n"
        "  status running\n");
}
