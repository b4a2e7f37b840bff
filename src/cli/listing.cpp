#include "cli/listing.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "base/json.hpp"
#include "base/money.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "render/table.hpp"

namespace errand::cli {

Result<int> print_table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows) {
  std::vector<render::Column> shown;
  for (const auto& column : columns) {
    shown.push_back(
        {.header = column.title, .fit = column.width == Width::flexible ? render::Fit::flexible : render::Fit::fixed});
  }
  render::Table table(std::move(shown));
  for (const auto& row : rows) table.add(row);
  return print_out(table.text(render::layout_of(STDOUT_FILENO, render::ColorChoice::automatic)));
}

Result<Verb> read_verb(std::string_view command, const std::vector<std::string>& words,
                       const std::vector<VerbSpec>& verbs) {
  const auto name = words.empty() ? verbs.front().name : words.front();
  const auto found = std::ranges::find(verbs, name, &VerbSpec::name);
  if (found == verbs.end()) {
    std::vector<std::string> names;
    for (const auto& verb : verbs) names.push_back(verb.name);
    return unknown_verb(command, name, names);
  }
  const std::size_t given = words.empty() ? 0 : words.size() - 1;
  const std::size_t most = found->argument == VerbSpec::Argument::none ? 0 : 1;
  if (given > most) {
    return fail(ErrorKind::usage, fmt::format("\"{} {}\" does not take \"{}\"", command, name, words[1 + most]));
  }
  if (given == 0 && found->argument == VerbSpec::Argument::required) {
    const bool has_list = std::ranges::find(verbs, "list", &VerbSpec::name) != verbs.end();
    return fail(ErrorKind::usage, fmt::format("\"{} {}\" wants {}", command, name, has_list ? "a name" : "an argument"),
                has_list ? fmt::format("{} list shows them", command) : fmt::format("see \"{} --help\"", command));
  }
  return Verb{name, given > 0 ? words[1] : std::string()};
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

std::string money_text(const std::optional<double>& usd) {
  if (!usd) return "unknown";
  return format_usd(*usd);
}

std::string tokens_text(std::int64_t tokens) {
  if (tokens == 0) return {};
  if (tokens % 1'000'000 == 0) return fmt::format("{}M", tokens / 1'000'000);
  return fmt::format("{}k", tokens / 1000);
}

}  // namespace errand::cli
