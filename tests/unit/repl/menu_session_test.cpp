#include "repl/editor/menu_session.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/text.hpp"
#include "terminal/decoder.hpp"

using namespace errand;
using namespace errand::repl;
using Typed = ChoiceRequest::Typed;
using Digits = ChoiceRequest::Digits;
using Marks = ChoiceRequest::Marks;

namespace {

// As a terminal sends them, time passing between one and the next.
std::vector<terminal::Key> keys_in(std::string_view bytes) {
  terminal::KeyDecoder decoder;
  auto out = decoder.feed(bytes);
  for (auto& key : decoder.expire()) out.push_back(std::move(key));
  return out;
}

constexpr std::string_view up = "\x1b[A";
constexpr std::string_view down = "\x1b[B";
constexpr std::string_view home = "\x1b[H";
constexpr std::string_view end = "\x1b[F";
constexpr std::string_view page_down = "\x1b[6~";
constexpr std::string_view page_up = "\x1b[5~";

std::string operator+(std::string_view a, std::string_view b) {
  return std::string(a) + std::string(b);
}

std::string word_for(const Picked& picked) {
  std::string out = "picked";
  for (const auto one : picked.choices) out += " " + std::to_string(one);
  return picked.own_words.empty() ? out : out + " \"" + picked.own_words + "\"";
}

// What a menu is after keys: how it ended, or what is typed and which places are seen, the selected one in brackets.
std::string after(const ChoiceRequest& request, std::string_view bytes) {
  MenuSession menu(request);
  for (const auto& key : keys_in(bytes)) {
    switch (menu.press(key)) {
      case Outcome::go_on:
        break;
      case Outcome::submitted:
        return word_for(menu.picked());
      case Outcome::left:
        return "left";
      case Outcome::interrupted:
        return "interrupted";
      case Outcome::closed:
        return "closed";
      default:
        return "elsewhere";
    }
  }
  const auto view = menu.view();
  auto out = view.typed;
  out.insert(view.cursor, "|");
  if (view.is_line) out = view.title + out;
  for (std::size_t i = 0; i < view.items.size(); ++i) {
    const auto& item = view.items[i];
    const auto name = (item.mark == MenuItem::Mark::set ? "*" : "") + item.text;
    out += i == view.selected ? " [" + name + "]" : " " + name;
  }
  if (!view.notice.empty()) out += " (" + view.notice + ")";
  return out;
}

struct Case {
  std::string keys;
  std::string menu;
};

void check(const ChoiceRequest& request, const std::vector<Case>& cases) {
  for (const auto& one : cases) {
    CAPTURE(one.keys);
    CHECK(after(request, one.keys) == one.menu);
  }
}

// As an approval has it.
ChoiceRequest approval() {
  return {.title = "allow? ",
          .choices = {{"once", "", "yes"}, {"always", "", "always"}, {"no", "", "no"}, {"no, because", "", ""}},
          .typed = Typed::answers,
          .digits = Digits::select,
          .own_words = 3,
          .own_title = "why? "};
}

ChoiceRequest question(Marks marks) {
  return {.title = "answer: ",
          .choices = {{"red", "", ""}, {"blue", "", ""}, {"else", "", ""}},
          .selected = 0,
          .typed = Typed::answers,
          .marks = marks,
          .own_words = 2,
          .own_title = "words: "};
}

ChoiceRequest list() {
  return {.title = "which? ",
          .choices = {{"fix the parser", "2h", ""}, {"parse dates", "3d", ""}, {"write docs", "4d old", ""}},
          .selected = 0};
}

std::vector<std::string> rows_of(const MenuView& view, terminal::Size size, Styles styles = Styles::none) {
  std::vector<std::string> out;
  for (const auto& row : frame_of(view, size, styles).rows) out.push_back(row.text);
  return out;
}

}  // namespace

TEST_CASE("menu: what has consequences is never picked by one key, nor by words that were meant for something else",
          "[repl][menu]") {
  check(approval(), {
                        {"", "| once always no no, because"},
                        {"\r\r\r", "| once always no no, because"},
                        {"y", "y| [once] always no no, because"},
                        {"1", "1| [once] always no no, because"},
                        {"y\r", "picked 0"},
                        {"YES\r", "picked 0"},
                        {"3\r", "picked 2"},
                        {"always\r", "picked 1"},
                        {"yes please\r", "picked 3 \"yes please\""},
                        {"ya", "ya| once always no [no, because]"},
                        {"try this\r", "picked 3 \"try this\""},
                        {"\x1b[200~y\x1b[201~", "y| [once] always no no, because"},
                        {"\x1b[200~y\ny\n\x1b[201~", "y y | once always no [no, because]"},
                        {down + "\r", "picked 0"},
                        {up + "\r", "why? |"},
                        {"4\r", "why? |"},
                        {"4\rtry this\r", "picked 3 \"try this\""},
                        {"4\r\r", "why? | (nothing is typed yet; Esc goes back)"},
                        {"4\r\rt", "why? t|"},
                        {"4\rt\x1b", "why? |"},
                        {"4\r\x1b", "| once always no [no, because]"},
                        {"7\r", "7| once always no no, because (there is no choice 7, only 1 to 4)"},
                        {"7\r\x7f", "| once always no no, because"},
                        {"7 of them\r", "picked 3 \"7 of them\""},
                        {"/exit\r",
                         "/exit| once always no no, because (\"/exit\" is a command: those wait until this is "
                         "answered)"},
                        {"/model x\r",
                         "/model x| once always no no, because (\"/model\" is a command: those wait until "
                         "this is answered)"},
                        {"/tmp/x is not mine\r", "picked 3 \"/tmp/x is not mine\""},
                        {"4\r/quit\r", "why? /quit| (\"/quit\" is a command: those wait until this is answered)"},
                        {"try this" + std::string(up) + "\r", "picked 2"},
                        {"x\x7f\r", "| once always no no, because"},
                        {"  \r", "| once always no no, because"},
                        {"\x1b", "left"},
                        {"\x03", "interrupted"},
                        {"\x04", "closed"},
                    });
}

TEST_CASE("menu: a question takes a number, an arrow or own words", "[repl][menu]") {
  check(question(Marks::one), {
                                  {"", "| [red] blue else"},
                                  {"\r", "picked 0"},
                                  {"2", "picked 1"},
                                  {"3", "words: |"},
                                  {"3green\r", "picked 2 \"green\""},
                                  {"31\r", "picked 2 \"1\""},
                                  {"9", "9| red blue else"},
                                  {"9\r", "9| red blue else (there is no choice 9, only 1 to 3)"},
                                  {"x2\r", "picked 2 \"x2\""},
                                  {"Blue\r", "picked 1"},
                                  {down + down + down + "\r", "picked 0"},
                                  {std::string(end) + "\r", "words: |"},
                                  {" \r", "picked 0"},
                              });
}

TEST_CASE("menu: several are marked, and what was typed goes with them", "[repl][menu]") {
  check(question(Marks::several), {
                                      {" ", "| [*red] blue else"},
                                      {"  ", "| [red] blue else"},
                                      {"\r", "| [red] blue else (nothing is marked: Space marks, Esc gives no answer)"},
                                      {"\r ", "| [*red] blue else"},
                                      {std::string(end) + "\r", "words: |"},
                                      {" " + std::string(end) + " \rgreen\r", "picked 0 2 \"green\""},
                                      {"2\r", "picked 1"},
                                      {"21\r", "picked 0 1"},
                                      {" " + std::string(down) + " \r", "picked 0 1"},
                                      {" " + std::string(down) + "\r", "picked 0"},
                                      {"1and green\r", "picked 0 2 \"and green\""},
                                      {"2" + std::string(down) + " \rgreen\r", "picked 1 2 \"green\""},
                                      {"1,2\r", "picked 0 1"},
                                      {"1, 2\r", "picked 0 1"},
                                      {"1, 2, \r", "picked 0 1"},
                                      {"1," + std::string(down) + " \r", "picked 0 1"},
                                      {"1,x\x7f" + std::string(down) + " \r", "picked 0 1"},
                                      {"1,and green\r", "picked 0 2 \"and green\""},
                                      {"blue, red\r", "picked 0 1"},
                                      {"blue, green\r", "picked 1 2 \"green\""},
                                      {",\r", "words: |"},
                                  });
}

TEST_CASE("menu: one that was left says what that meant", "[repl][menu]") {
  auto request = approval();
  request.left = "no";
  const MenuSession menu(request);
  CHECK(menu.left_behind(Outcome::left).text == "no");
  CHECK(menu.left_behind(Outcome::interrupted).text.empty());
}

TEST_CASE("menu: typing filters a list, the best first, and it can be walked", "[repl][menu]") {
  check(list(), {
                    {"", "| [fix the parser] parse dates write docs"},
                    {"pars", "pars| [parse dates] fix the parser"},
                    {"PARS" + std::string(down) + "\r", "picked 0"},
                    {"4d o", "4d o| [write docs]"},
                    {"zzz", "zzz|"},
                    {"zzz\r", "zzz|"},
                    {"zzz\x15\r", "picked 0"},
                    {"doc\x1b", "| [fix the parser] parse dates write docs"},
                    {"2", "2| [fix the parser]"},
                    {std::string(page_down), "| fix the parser parse dates [write docs]"},
                    {page_down + page_up, "| [fix the parser] parse dates write docs"},
                    {end + home, "| [fix the parser] parse dates write docs"},
                    {"\x10", "| fix the parser parse dates [write docs]"},
                    {"\x0e\t", "| fix the parser parse dates [write docs]"},
                    {"\x1a", "elsewhere"},
                });
}

TEST_CASE("menu: what no text fits is looked for elsewhere, and a preview is asked for once", "[repl][menu]") {
  auto request = list();
  int previews = 0;
  request.found_elsewhere = [](const std::string& typed) {
    return typed == "segfault" ? std::vector<std::size_t>{2, 99} : std::vector<std::size_t>{};
  };
  request.preview = [&previews](std::size_t choice) { return std::to_string(choice) + std::to_string(++previews); };
  CHECK(after(request, "segfault\r") == "picked 2");
  previews = 0;
  MenuSession menu(request);
  CHECK(menu.view().preview == "01");
  for (const auto& key : keys_in(down)) menu.press(key);
  CHECK(menu.view().preview == "12");
  for (const auto& key : keys_in(up)) menu.press(key);
  CHECK(menu.view().preview == "01");
}

TEST_CASE("menu: beside each choice stands what names it, and in a list that is searched nothing", "[repl][menu]") {
  const auto keys = [](const ChoiceRequest& request) {
    const auto view = MenuSession(request).view();
    std::string out;
    for (const auto& item : view.items) out += item.key + "|";
    return out;
  };
  CHECK(keys(approval()) == "y|a|n|4|");
  CHECK(keys(question(Marks::one)) == "1|2|3|");
  CHECK(keys(list()) == "|||");
  const auto request = approval();
  MenuSession menu(request);
  for (const auto& key : keys_in("a")) menu.press(key);
  CHECK(rows_of(menu.view(), {40, 12}) ==
        std::vector<std::string>{"allow? a", "  y. once", "> a. always", "  n. no", "  4. no, because"});
}

TEST_CASE("menu: what it is about stands above it at every width, and all of it when asked for", "[repl][menu]") {
  auto request = approval();
  request.shows_all = request.choices.size();
  request.choices.push_back({"view all of it", "", "view"});
  request.about = [](std::size_t columns) {
    Subject out{.before = {"it wants to run:"}, .what = {}, .after = {"it asks"}};
    for (int i = 0; i < 30; ++i) out.what.push_back(std::to_string(columns) + " line " + std::to_string(i));
    return out;
  };
  MenuSession menu(request);
  const auto rows = rows_of(menu.view({40, 24}), {40, 24});
  CHECK(rows.size() == 22);
  CHECK(rows[0] == "it wants to run:");
  CHECK(rows[1] == "40 line 0");
  CHECK(std::ranges::find(rows, "  == 17 more lines; \"v\" shows all ==") != rows.end());
  CHECK(rows[14] == "40 line 29");
  CHECK(rows[15] == "it asks");
  CHECK(rows[16] == "allow? ");
  CHECK(rows[21] == "  v. view all of it");
  CHECK(rows_of(menu.view({20, 10}), {20, 10}) ==
        std::vector<std::string>{"it wants to run:", "20 line 0", "  == 28 more: v ==", "20 line 29", "allow? ",
                                 "  y. once", "  a. always", "  1 of 5"});
  CHECK(rows_of(menu.view({80, 60}), {80, 60}).size() == 32 + 5);  // then there is no more to view

  for (const auto& key : keys_in("v")) menu.press(key);
  REQUIRE(menu.press({.code = terminal::KeyCode::enter}) == Outcome::submitted);
  CHECK(menu.wants_all());
  menu.go_on_below();
  CHECK(rows_of(menu.view({40, 24}), {40, 24}) == rows);  // what stands above may have gone from the screen
  CHECK(menu.about(60).what == std::vector<std::string>{"  (all 30 lines stand above; \"v\" shows them again)"});
}

TEST_CASE("menu: of what does not fit the middle goes, and what is said about it first", "[repl][menu]") {
  const Subject subject{.before = {"", "wants"}, .what = {"1", "2", "3", "4", "5", "6"}, .after = {"because", "rule"}};
  using Rows = std::vector<std::string>;
  CHECK(rows_in(subject, 10, 80) == all_rows(subject));
  CHECK(rows_in(subject, 8, 80).size() == 8);
  CHECK(rows_in(subject, 7, 20) == Rows{"", "wants", "1", "  == 4 more: v ==", "6", "because", "rule"});
  CHECK(rows_in(subject, 4, 20) == Rows{"wants", "1", "  == 4 more: v ==", "6"});
  CHECK(rows_in(subject, 2, 20) == Rows{"  == 5 more: v ==", "6"});
  CHECK(rows_in(subject, 0, 20).empty());
  const Subject headed{.before = {}, .what = {"1", "2"}, .after = {"because", "\"always\" keeps for you:", "rule"}};
  CHECK(rows_in(headed, 4, 20) == Rows{"1", "2", "because"});
}

TEST_CASE("menu: to view all of it is no answer, and leaves the marks as they are", "[repl][menu]") {
  auto request = question(Marks::several);
  request.shows_all = request.choices.size();
  request.choices.push_back({"view all of it", "", ""});
  request.about = [](std::size_t) {
    return Subject{.before = {}, .what = std::vector<std::string>(30, "long"), .after = {}};
  };
  MenuSession menu(request);
  REQUIRE(rows_of(menu.view({40, 12}), {40, 12}).size() == 10);  // less than all of it
  const auto press = [&](std::string_view bytes) {
    auto last = Outcome::go_on;
    for (const auto& key : keys_in(bytes)) last = menu.press(key);
    return last;
  };
  CHECK(press(end + "\r") == Outcome::submitted);  // with nothing marked
  CHECK(menu.wants_all());
  menu.go_on_below();
  REQUIRE(rows_of(menu.view({40, 12}), {40, 12}).size() > 4);  // it is shown anew
  CHECK(press(home + " " + end + " \r") == Outcome::submitted);
  CHECK(menu.wants_all());
  menu.go_on_below();
  CHECK(press("\r") == Outcome::submitted);
  CHECK_FALSE(menu.wants_all());
  CHECK(menu.picked().choices == std::vector<std::size_t>{0});
}

TEST_CASE("menu: one line stays behind", "[repl][menu]") {
  const auto request = question(Marks::several);
  MenuSession menu(request);
  for (const auto& key : keys_in("1and green")) menu.press(key);
  CHECK(menu.left_behind(Outcome::submitted).prompt == "answer: ");
  CHECK(menu.left_behind(Outcome::submitted).text == "red, and green");
  CHECK(menu.left_behind(Outcome::interrupted).text == "and green");
}

TEST_CASE("menu: it leaves two rows free, keeps to the width, and shows the selected one whole", "[repl][menu]") {
  MenuView view{.title = "which? ",
                .typed = "p",
                .cursor = 1,
                .items = {},
                .selected = 20,
                .preview = "first line\n\x1b[2Jsecond line that is quite long",
                .hint = "Enter resumes, Esc leaves"};
  for (int i = 0; i < 40; ++i)
    view.items.push_back(
        {"session " + std::to_string(i) + " about a thing", std::to_string(i) + "h ago, helper", MenuItem::Mark::none});
  for (const std::size_t columns : {8U, 20U, 40U, 80U}) {
    for (const std::size_t rows : {1U, 5U, 8U, 12U, 24U, 60U}) {
      CAPTURE(columns, rows);
      const auto frame = frame_of(view, {columns, rows}, Styles::basic);
      CHECK(frame.rows.size() <= std::max<std::size_t>(rows < 2 ? 0 : rows - 2, 4));
      CHECK(frame.cursor_row < frame.rows.size());
      for (const auto& row : frame.rows) {
        CAPTURE(row.text);
        CHECK(row.width <= columns);
        CHECK(row.text.find("\x1b[2J") == std::string::npos);
      }
      CHECK(std::ranges::any_of(frame.rows, [](const auto& row) { return row.text.find("> ") != std::string::npos; }));
    }
  }
  view.items.resize(2);
  view.selected = 1;
  CHECK(rows_of(view, {20, 14}) == std::vector<std::string>{"which? p", "  session 0 about a…", "> session 1 about a…",
                                                            "    session 1 about", "    a thing - 1h",
                                                            "    ago, helper", "    first line", "    ⟦escape⟧second",
                                                            "  Enter resumes, Es…"});
}
