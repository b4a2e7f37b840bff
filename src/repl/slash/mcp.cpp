#include <string>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "repl/slash.hpp"
#include "tool/servers.hpp"

namespace errand::repl {

Result<After> run_mcp(const std::string& argument, SlashContext& context);

namespace {

using tool::ServerState;
using tool::ServerStatus;

constexpr std::size_t description_columns = 100;

std::string line_of(const ServerStatus& server) {
  const auto detail = unicode::sanitize(server.detail);
  const auto head = fmt::format("{:<16} {:<10}", server.name, tool::name_of(server.state));
  if (server.state != ServerState::connected) return fmt::format("{} {}", head, detail);
  const auto tools = text::count_of(server.tools.size(), "tool");
  return fmt::format("{} {}", head, detail.empty() ? tools : fmt::format("{}, {}", tools, detail));
}

void list(const SlashContext& context) {
  const auto servers = context.chat.servers();
  if (servers.empty()) {
    context.say("this agent has no MCP servers; agents name theirs under mcp_servers (errand-agents(5))");
    return;
  }
  for (const auto& server : servers) context.say(line_of(server));
  context.say("/mcp NAME: its tools   /mcp reconnect NAME: begin anew");
}

void show(const ServerStatus& server, const SlashContext& context) {
  context.say(line_of(server));
  for (const auto* tool : server.tools) {
    const auto& spec = tool->spec();
    context.say(fmt::format("  {}  {}", spec.name,
                            text::ellipsize(text::first_line(text::trim(spec.description)), description_columns)));
  }
  for (const auto& sentence : server.left_out) context.say("  " + sentence);
}

}  // namespace

Result<After> run_mcp(const std::string& argument, SlashContext& context) {
  const auto words = words_of(argument);
  if (words.empty()) {
    list(context);
    return After::go_on;
  }
  if (words.front() == "reconnect" && words.size() == 2) {
    ERRAND_TRY_ASSIGN(const auto server, context.chat.reconnect_server(words[1], context.begin()));
    show(server, context);
    return After::go_on;
  }
  if (words.size() != 1) return fail(ErrorKind::usage, fmt::format("/mcp {} is not known", argument), "/help /mcp");
  std::vector<std::string> known;
  for (const auto& server : context.chat.servers()) {
    if (server.name == words.front()) {
      show(server, context);
      return After::go_on;
    }
    known.push_back(server.name);
  }
  return fail(ErrorKind::failure, fmt::format("this agent has no MCP server \"{}\"", words.front()),
              text::suggest(words.front(), known, "servers"));
}

}  // namespace errand::repl
