#include "repl/subject.hpp"

#include <catch2/catch.hpp>

#include "chat/interaction.hpp"
#include "render/theme.hpp"
#include "repl/change_lines.hpp"

using namespace errand;
using repl::Subject;

namespace {

using Rows = std::vector<std::string>;

Subject edit_of(const std::string& hunks) {
  const chat::ApprovalQuestion question{.tool = "Edit",
                                        .summary = {},
                                        .detail = "--- a.txt\n+++ a.txt\n" + hunks,
                                        .reason = "it changes a file",
                                        .suggested_rule = {},
                                        .agent_path = "root",
                                        .directory = {}};
  auto change = repl::change_of(question, render::Theme(), 38).value();
  return {.before = {"Edit wants to change a.txt:"},
          .what = std::move(change.lines.rows),
          .after = {"  it asks because:", "  it changes a file"},
          .telling = std::move(change.lines.telling)};
}

const std::string one_line_changed = "@@ -1,7 +1,7 @@\n one\n two\n three\n-four\n+4\n five\n six\n seven\n";

}  // namespace

TEST_CASE("subject: where there is little room, what changes is seen before what stays", "[repl]") {
  const auto subject = edit_of(one_line_changed);
  CHECK(repl::rows_in(subject, 20, 38) == repl::all_rows(subject));
  CHECK(repl::rows_in(subject, 5, 38) == Rows{"Edit wants to change a.txt:", "  @@ -1,7 +1,7 @@",
                                              "  == 6 more lines; \"v\" shows all ==", "  -four", "  +4"});
  CHECK(repl::rows_in(subject, 3, 38) == Rows{"  == 7 more lines; \"v\" shows all ==", "  -four", "  +4"});
}

TEST_CASE("subject: of more changes than there is room for the first and the last are seen", "[repl]") {
  const auto subject = edit_of("@@ -1,3 +1,4 @@\n a\n-b\n+c\n+d\n@@ -9,2 +9,3 @@\n e\n+f\n+g\n+h\n");
  CHECK(repl::rows_in(subject, 8, 38) == Rows{"Edit wants to change a.txt:", "  == 4 more lines; \"v\" shows all ==",
                                              "  -b", "  +c", "  +d", "  @@ -9,2 +9,3 @@", "  +g", "  +h"});
}

TEST_CASE("subject: of what has no lines that count more, the middle is left out", "[repl]") {
  const Subject subject{.before = {"Bash wants to run:"}, .what = {"1", "2", "3", "4", "5", "6"}, .after = {}};
  CHECK(repl::rows_in(subject, 4, 38) == Rows{"Bash wants to run:", "1", "  == 4 more lines; \"v\" shows all ==", "6"});
}
