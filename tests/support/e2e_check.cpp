#include "support/e2e_check.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/json.hpp"
#include "base/text.hpp"

namespace errand::test::e2e {

namespace {

constexpr std::size_t lines_before_difference = 2;
constexpr std::size_t lines_after_difference = 12;

void add(Failures& out, Failures more) {
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<std::string> strings_of(const Json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> out;
  for (const auto& item : value) out.push_back(item.get<std::string>());
  return out;
}

bool matches(const std::string& pattern, std::string_view got) {
  RE2::Options options;
  options.set_never_capture(true);
  const RE2 compiled("(?m)" + pattern, options);
  if (!compiled.ok()) throw std::runtime_error(fmt::format("the pattern \"{}\" is not valid", pattern));
  return RE2::PartialMatch(re2::StringPiece(got.data(), got.size()), compiled);
}

std::string shown(std::string_view what, std::string_view problem, std::string_view wanted, std::string_view got) {
  return fmt::format("{} {} \"{}\"; it is:\n{}", what, problem, visible(wanted), visible(got));
}

Failures check_one(std::string_view what, const std::string& kind, const std::string& wanted, std::string_view got) {
  if (kind == "is" && got != wanted) {
    return {fmt::format("{} is not what was expected:\n{}", what, difference(wanted, got))};
  }
  const bool there = kind != "is" && kind != "matches" && got.find(wanted) != std::string_view::npos;
  if (kind == "contains" && !there) return {shown(what, "lacks", wanted, got)};
  if (kind == "lacks" && there) return {shown(what, "contains", wanted, got)};
  if (kind == "matches" && !matches(wanted, got)) return {shown(what, "does not match", wanted, got)};
  return {};
}

const Json& absent() {
  static const Json value(Json::value_t::discarded);
  return value;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Failures check_list_has(const std::string& what, const Json& wanted, const Json& got, bool expected) {
  Failures out;
  for (const auto& item : wanted.is_array() ? wanted : Json::array({wanted})) {
    const bool found = got.is_array() &&
                       std::ranges::any_of(got, [&](const Json& one) { return check_json(what, item, one).empty(); });
    if (found != expected) {
      out.push_back(fmt::format("{} {} {}; it is {}", what, expected ? "lacks" : "holds", item.dump(), got.dump(2)));
    }
  }
  return out;
}

Failures check_special(const std::string& what, const std::string& key, const Json& wanted, const Json& got) {
  if (key == "$any") return got.is_discarded() ? Failures{what + " is absent"} : Failures{};
  if (key == "$absent") return got.is_discarded() ? Failures{} : Failures{what + " is there: " + got.dump()};
  if (got.is_discarded()) return {what + " is absent"};
  if (key == "$has") return check_list_has(what, wanted, got, true);
  if (key == "$has_not") return check_list_has(what, wanted, got, false);
  if (key == "$length") {
    if (got.size() == wanted.get<std::size_t>()) return {};
    return {fmt::format("{} has {} items, not {}: {}", what, got.size(), wanted.dump(), got.dump())};
  }
  if (key == "$contains" || key == "$lacks" || key == "$matches") {
    return check_text(what, Json{{key.substr(1), wanted}}, text_of(got));
  }
  throw std::runtime_error(fmt::format("there is no check \"{}\"", key));
}

Failures check_object(const std::string& what, const Json& expected, const Json& got) {
  Failures out;
  for (const auto& [key, wanted] : expected.items()) {
    if (key.starts_with('$')) {
      add(out, check_special(what, key, wanted, got));
      continue;
    }
    if (!got.is_object())
      return {fmt::format("{} is no object but {}", what, got.is_discarded() ? "absent" : got.dump())};
    const auto found = got.find(key);
    add(out, check_json(what + "." + key, wanted, found == got.end() ? absent() : *found));
  }
  return out;
}

}  // namespace

std::string visible(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || (byte >= 0x20 && byte != 0x7f)) {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
  return out;
}

std::string difference(std::string_view expected, std::string_view got) {
  const auto split = [](std::string_view s) {
    auto lines = text::split(visible(s), '\n');
    lines.back() += "<no newline>";  // where a line would have to end
    if (s.ends_with('\n')) lines.pop_back();
    return lines;
  };
  const auto wanted = split(expected);
  const auto found = split(got);
  const auto [a, b] = std::ranges::mismatch(wanted, found);
  const auto first = static_cast<std::size_t>(a - wanted.begin());
  std::string out;
  for (std::size_t i = first - std::min(first, lines_before_difference); i < first; ++i)
    out += "    " + wanted[i] + "\n";
  const auto print = [&](const std::vector<std::string>& lines, char mark) {
    for (std::size_t i = first; i < lines.size() && i < first + lines_after_difference; ++i) {
      out += fmt::format("  {} {}\n", mark, lines[i]);
    }
    if (lines.size() > first + lines_after_difference) out += fmt::format("  {} …\n", mark);
  };
  print(wanted, '-');
  print(found, '+');
  return out;
}

Failures check_text(std::string_view what, const Json& expected, std::string_view got) {
  if (expected.is_string()) return check_one(what, "is", expected.get<std::string>(), got);
  if (!expected.is_object()) throw std::runtime_error(fmt::format("{}: {} is no expectation", what, expected.dump()));
  Failures out;
  for (const auto& [kind, wanted] : expected.items()) {
    if (kind != "is" && kind != "contains" && kind != "lacks" && kind != "matches") {
      throw std::runtime_error(fmt::format("{}: \"{}\" is none of is, contains, lacks, matches", what, kind));
    }
    for (const auto& one : strings_of(wanted)) add(out, check_one(what, kind, one, got));
  }
  return out;
}

Failures check_json(const std::string& what, const Json& expected, const Json& got) {
  if (expected.is_object()) return check_object(what, expected, got);
  if (got.is_discarded()) return {what + " is absent"};
  if (!expected.is_array() || !got.is_array()) {
    if (expected == got) return {};
    return {fmt::format("{} is {}, not {}", what, got.dump(), expected.dump())};
  }
  if (expected.size() != got.size()) {
    return {fmt::format("{} has {} items, not {}: {}", what, got.size(), expected.size(), got.dump())};
  }
  Failures out;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    add(out, check_json(fmt::format("{}[{}]", what, i), expected[i], got[i]));
  }
  return out;
}

}  // namespace errand::test::e2e
