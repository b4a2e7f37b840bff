#include "mcp/placeholders.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/secrets.hpp"
#include "base/try.hpp"

namespace errand::mcp {

namespace {

enum class Seen { by_the_server_alone, by_everybody };

bool is_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

class Filler {
 public:
  Filler(const std::string& server, const Variables& variables) : server_(server), variables_(variables) {}

  Result<void> fill(std::string& text, Seen seen) const {
    std::string out;
    std::string_view rest = text;
    for (auto at = rest.find("${"); at != std::string_view::npos; at = rest.find("${")) {
      const auto end = rest.find('}', at);
      if (end == std::string_view::npos) break;
      out += rest.substr(0, at);
      const auto inner = rest.substr(at + 2, end - at - 2);
      const auto colon = inner.find(":-");
      if (is_name(inner.substr(0, colon))) {
        ERRAND_TRY_ASSIGN(const auto value, value_of(inner, colon, seen));
        out += value;
      } else {
        out += rest.substr(at, end + 1 - at);
      }
      rest = rest.substr(end + 1);
    }
    text = out + std::string(rest);
    return {};
  }

 private:
  [[nodiscard]] Result<std::string> value_of(std::string_view inner, std::size_t colon, Seen seen) const {
    const std::string name(inner.substr(0, colon));
    if (seen == Seen::by_everybody && secrets::is_secret_name(name)) {
      return fail(ErrorKind::config,
                  fmt::format("${{{}}} would stand in the arguments of the MCP server \"{}\", where every user of this "
                              "machine can read it",
                              name, server_),
                  "pass it under \"env\"");
    }
    const auto found = std::ranges::find(variables_, name, &Variables::value_type::first);
    const bool is_set = found != variables_.end() && !(found->second.empty() && colon != std::string_view::npos);
    if (is_set) return found->second;
    if (colon != std::string_view::npos) return std::string(inner.substr(colon + 2));
    return fail(ErrorKind::config, fmt::format("the variable {} is not set", name),
                fmt::format("the MCP server \"{}\" needs it", server_));
  }

  const std::string& server_;
  const Variables& variables_;
};

}  // namespace

Result<chat::McpServer> filled_in(chat::McpServer server, const Variables& variables) {
  const Filler filler(server.name, variables);
  ERRAND_TRY(filler.fill(server.command, Seen::by_everybody));
  for (auto& word : server.args) ERRAND_TRY(filler.fill(word, Seen::by_everybody));
  ERRAND_TRY(filler.fill(server.cwd, Seen::by_everybody));
  ERRAND_TRY(filler.fill(server.url, Seen::by_the_server_alone));
  for (auto& [name, value] : server.env) ERRAND_TRY(filler.fill(value, Seen::by_the_server_alone));
  for (auto& [name, value] : server.headers) ERRAND_TRY(filler.fill(value, Seen::by_the_server_alone));
  return server;
}

}  // namespace errand::mcp
