#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "config/script.hpp"
#include "config/settings.hpp"
#include "config/test_case.hpp"

using namespace errand;

// The last section of each page of a file format is made from the tables that the files are checked by;
// UPDATE_GOLDEN=1 writes it anew. What stands before it is written by hand, and names no key that there is not.

namespace {

constexpr std::string_view begin_mark =
    ".\\\" Made from the tables the files are checked by; UPDATE_GOLDEN=1 test_docs makes it anew.\n";
constexpr std::string_view end_mark = ".\\\" The end of what is made.\n";

struct Item {
  std::string name;
  std::string type;
  std::string built_in;
  std::string description;
};

template <class Keys>
std::vector<Item> items_of(const Keys& keys) {
  std::vector<Item> out;
  for (const auto& key : keys)
    out.push_back({key.name, std::string(key.type), std::string(key.built_in), std::string(key.description)});
  return out;
}

struct Group {
  std::string title;  // empty: the only one
  std::vector<Item> items;
};

struct Page {
  std::string name;
  std::vector<Group> groups;
};

Page page_named(const std::string& name) {
  if (name == "errand-config.5") return {name, {{"", items_of(config::setting_keys())}}};
  if (name == "errand-test.5") return {name, {{"", items_of(config::test_case_keys())}}};
  if (name == "errand-script.5") return {name, {{"", items_of(config::script_keys())}}};
  return {name,
          {{"Of an agent", items_of(config::agent_keys())}, {"Of a subagent", items_of(config::subagent_keys())}}};
}

std::string path_of(const std::string& page) {
  return std::string(ERRAND_SOURCE_DIR) + "/man/" + page;
}

// A line of text in mdoc: no request, and no escape.
std::string text_line(std::string_view text) {
  auto out = text::replace_all(std::string(text), "\\", "\\e");
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string item_text(const Item& item) {
  auto out = fmt::format(".It Ic \"{}\"\n", item.name);
  if (!item.type.empty())
    out += text_line(fmt::format("{}{}.\n", item.type, item.built_in.empty() ? "" : "; " + item.built_in));
  return out + text_line(item.description + ".\n");
}

std::string section_of(const Page& page) {
  std::string out(begin_mark);
  out += ".Sh ALL KEYS\nWith what each takes, and what it is when absent.\n";
  for (const auto& group : page.groups) {
    if (!group.title.empty()) out += ".Ss " + group.title + "\n";
    out += ".Bl -tag -width Ds\n";
    for (const auto& item : group.items) out += item_text(item);
    out += ".El\n";
  }
  return out + std::string(end_mark);
}

// The page with `section` in place of the one that is there.
std::string with_section(const std::string& page, const std::string& section) {
  const auto begin = page.find(begin_mark);
  const auto end = page.find(end_mark);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  return page.substr(0, begin) + section + page.substr(end + end_mark.size());
}

// Every part of every key: "retry" and "attempts".
std::set<std::string> words_of(const Page& page) {
  std::set<std::string> out;
  for (const auto& group : page.groups) {
    for (const auto& item : group.items) {
      for (auto& part : text::split(item.name, '.')) out.insert(std::move(part));
    }
  }
  return out;
}

// The keys that lists written by hand explain: `.It Ic base_url , base_url_env`.
std::vector<std::string> explained_in(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& line : text::lines(text)) {
    if (!line.starts_with(".It Ic ")) continue;
    for (const auto& name : text::split(line.substr(7), ',')) out.emplace_back(text::trim(name));
  }
  return out;
}

}  // namespace

TEST_CASE("man: pages of file formats list the keys of the tables", "[docs][keys]") {
  const auto page =
      page_named(GENERATE(as<std::string>{}, "errand-agents.5", "errand-config.5", "errand-script.5", "errand-test.5"));
  CAPTURE(page.name);
  const auto written = read_file(path_of(page.name)).value();
  const auto wanted = with_section(written, section_of(page));
  if (std::getenv("UPDATE_GOLDEN") != nullptr) REQUIRE(write_file_atomic(path_of(page.name), wanted));
  INFO("UPDATE_GOLDEN=1 test_docs '[keys]' writes the section anew");
  CHECK(read_file(path_of(page.name)).value() == wanted);
}

TEST_CASE("man: pages of file formats explain no key that there is not", "[docs][keys]") {
  const auto page =
      page_named(GENERATE(as<std::string>{}, "errand-agents.5", "errand-config.5", "errand-script.5", "errand-test.5"));
  const auto written = read_file(path_of(page.name)).value();
  const auto known = words_of(page);
  const auto names = explained_in(written.substr(0, written.find(begin_mark)));
  REQUIRE_FALSE(names.empty());
  for (const auto& name : names) {
    CAPTURE(page.name, name);
    CHECK(known.contains(name));
  }
}
