#include "config/variables.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace errand::config {

namespace {

bool is_name(std::string_view s) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !s.empty() && is_letter(s.front()) &&
         std::ranges::all_of(s, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

// Calls literal(text) and variable(name, as written) for the parts of `text`, in order.
template <class Literal, class Named>
void walk(std::string_view text, const Literal& literal, const Named& named) {
  while (true) {
    const auto open = text.find("{{");
    const auto close = open == std::string_view::npos ? open : text.find("}}", open + 2);
    if (close == std::string_view::npos) return literal(text);
    const auto name = text::trim(text.substr(open + 2, close - open - 2));
    if (is_name(name)) {
      literal(text.substr(0, open));
      named(name, text.substr(open, close + 2 - open));
      text.remove_prefix(close + 2);
    } else {
      literal(text.substr(0, open + 2));
      text.remove_prefix(open + 2);
    }
  }
}

}  // namespace

std::vector<std::string> variables_in(std::string_view text) {
  std::vector<std::string> out;
  walk(
      text, [](std::string_view) {},
      [&](std::string_view name, std::string_view) {
        if (std::ranges::find(out, name) == out.end()) out.emplace_back(name);
      });
  return out;
}

Result<std::map<std::string, std::string>> fill_variables(const chat::AgentDefinition& agent,
                                                          const std::map<std::string, std::string>& given) {
  std::vector<std::string> known;
  for (const auto& [name, variable] : agent.variables) known.push_back(name);
  for (const auto& [name, value] : given) {
    if (agent.variables.contains(name)) continue;
    return fail(ErrorKind::usage, fmt::format("agent \"{}\" has no variable \"{}\"", agent.id, name),
                text::suggest(name, known, "variables"));
  }
  std::map<std::string, std::string> out;
  for (const auto& [name, variable] : agent.variables) {
    const auto found = given.find(name);
    if (found == given.end() && !variable.has_default) {
      return fail(ErrorKind::usage, fmt::format("the variable \"{}\" of agent \"{}\" has no value", name, agent.id),
                  fmt::format("give it one: --var {}=…", name));
    }
    out[name] = found == given.end() ? variable.default_value : found->second;
  }
  return out;
}

std::string expand(std::string_view text, const std::map<std::string, std::string>& values) {
  std::string out;
  walk(
      text, [&](std::string_view literal) { out += literal; },
      [&](std::string_view name, std::string_view written) {
        const auto found = values.find(std::string(name));
        out += found == values.end() ? written : std::string_view(found->second);
      });
  return out;
}

}  // namespace errand::config
