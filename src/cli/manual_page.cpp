#include "cli/manual_page.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/completion.hpp"
#include "cli/help.hpp"
#include "version.hpp"

namespace errand::cli {

namespace {

// Text as mdoc has it: no line is a request, a backslash is one, and dashes are those of a keyboard.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string in_capitals(std::string_view name) {
  std::string out(name);
  for (auto& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::string in_quotes(std::string_view word) {
  return "\"" + text::replace_all(escaped(word), "\"", "\\(dq") + "\"";
}

// Sentences on lines of their own, as man pages have them.
std::string paragraph(std::string_view text) {
  std::string out;
  for (const auto& line : text::lines(text)) out += escaped(line) + "\n";
  return out;
}

std::string synopsis(const CommandEntry& entry) {
  std::string out;
  for (const auto& verb : verbs_of(entry)) {
    out += fmt::format(".Nm errand {}\n", entry.name);
    if (!verb.name.empty()) out += fmt::format(".Cm {}\n", in_quotes(verb.name));
    for (const auto& word : verb.takes) out += fmt::format(".Ar {}\n", in_quotes(text::lower(word)));
    out += ".Op Ar options\n";
  }
  if (out.empty()) out = fmt::format(".Nm errand {}\n.Op Ar options\n", entry.name);
  return out;
}

std::string option_item(const OptionFacts& option) {
  std::vector<std::string> names;
  for (const auto& name : option.names) names.push_back("Fl " + in_quotes(name.substr(1)));
  auto out = fmt::format(".It {}", text::join(names, " , "));
  if (!option.value.empty()) out += fmt::format(" Ar {}", in_quotes(option.value));
  return out + "\n" + paragraph(option.help);
}

std::string options_section(const std::vector<OptionFacts>& options) {
  std::vector<std::string> groups;
  for (const auto& option : options) {
    if (std::ranges::find(groups, option.group) == groups.end()) groups.push_back(option.group);
  }
  std::string out = ".Sh OPTIONS\n";
  for (const auto& group : groups) {
    if (groups.size() > 1) out += fmt::format(".Ss {}\n", escaped(group));
    out += ".Bl -tag -width Ds\n";
    for (const auto& option : options) {
      if (option.group == group) out += option_item(option);
    }
    out += ".El\n";
  }
  return out;
}

}  // namespace

std::string manual_page(const CommandEntry& entry) {
  Globals globals;
  const auto command = entry.make();
  const auto options = options_of(entry, *command, globals).facts();
  auto out = fmt::format(".Dd {}\n.Dt {} 1\n.Os\n.Sh NAME\n.Nm errand-{}\n.Nd {}\n", release_date,
                         "ERRAND-" + in_capitals(entry.name), entry.name, escaped(entry.summary));
  out += ".Sh SYNOPSIS\n" + synopsis(entry);
  out += ".Sh DESCRIPTION\n" + in_capitals(entry.summary.substr(0, 1)) +
         paragraph(fmt::format("{}.", entry.summary.substr(1)));
  out += ".Xr errand 1\nhas the whole of it, with examples.\n";
  out += options_section(options);
  out += ".Sh EXIT STATUS\n.Dl \"errand help exit\\-codes\"\n.Pp\nlists them.\n.Sh SEE ALSO\n.Xr errand 1\n";
  return out;
}

}  // namespace errand::cli
