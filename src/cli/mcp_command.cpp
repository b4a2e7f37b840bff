#include <algorithm>

#include <fmt/format.h>

#include "agent/agent.hpp"
#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "cli/command.hpp"
#include "cli/desk.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "mcp/server.hpp"

namespace errand::cli {

namespace {

using tool::ServerState;
using tool::ServerStatus;

Json tools_json(const ServerStatus& server) {
  auto out = Json::array();
  for (const auto* tool : server.tools) {
    out.push_back({{"name", tool->spec().name},
                   {"description", tool->spec().description},
                   {"input_schema", Json::parse(tool->spec().input_schema)}});
  }
  return out;
}

Json server_json(const ServerStatus& server) {
  return {{"name", server.name},
          {"status", tool::name_of(server.state)},
          {"detail", server.detail},
          {"tools", server.tools.size()}};
}

class McpCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    declare_desk(options, arguments_);
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    if (!words.empty() && words.front() == "call") return call(words, invocation);
    ERRAND_TRY_ASSIGN(const auto verb,
                      read_verb("errand mcp", words, {{"list"}, {"tools", VerbSpec::Argument::optional}, {"call"}}));
    ERRAND_TRY_ASSIGN(const auto desk, Desk::open(invocation, arguments_));
    const Call wait{invocation.signals.begin_run(), Call::Clock::time_point::max()};
    ERRAND_TRY_ASSIGN(const auto servers, connected(*desk, wait));
    return verb.name == "list" ? list(servers) : tools(servers, verb.argument);
  }

 private:
  static Result<std::vector<ServerStatus>> connected(const Desk& desk, const Call& call) {
    const auto& services = desk.services();
    return services.servers->connect(desk.definition().mcp_servers,
                                     agent::servers_policy(desk.definition(), services.surroundings), call);
  }

  // One that is not there is a finding, and a script should see it.
  [[nodiscard]] Result<int> list(const std::vector<ServerStatus>& servers) const {
    ERRAND_TRY_ASSIGN(const int printed, print_list(servers));
    const auto is_there = [](const ServerStatus& server) { return server.state == ServerState::connected; };
    if (printed != exit_success || std::ranges::all_of(servers, is_there)) return printed;
    return exit_code_of(ErrorKind::unavailable);
  }

  [[nodiscard]] Result<int> print_list(const std::vector<ServerStatus>& servers) const {
    if (json_) {
      auto items = Json::array();
      for (const auto& server : servers) items.push_back(server_json(server));
      return print_json({{"mcp_servers", std::move(items)}});
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& server : servers) {
      rows.push_back({server.name, std::string(tool::name_of(server.state)), std::to_string(server.tools.size()),
                      unicode::sanitize(server.detail)});
    }
    return print_table({{"name"}, {"status"}, {"tools"}, {"detail", Width::flexible}}, rows);
  }

  [[nodiscard]] Result<int> tools(const std::vector<ServerStatus>& servers, const std::string& name) const {
    std::vector<const ServerStatus*> wanted;
    std::vector<std::string> known;
    for (const auto& server : servers) {
      if (name.empty() || server.name == name) wanted.push_back(&server);
      known.push_back(server.name);
    }
    if (wanted.empty() && !name.empty()) {
      return fail(ErrorKind::failure, fmt::format("this agent has no MCP server \"{}\"", name),
                  text::suggest(name, known, "servers"));
    }
    if (wanted.size() == 1 && wanted.front()->state != ServerState::connected) {
      return fail(ErrorKind::unavailable, fmt::format("the MCP server \"{}\" is not there: {}", wanted.front()->name,
                                                      unicode::sanitize(wanted.front()->detail)));
    }
    return print_tools(wanted);
  }

  [[nodiscard]] Result<int> print_tools(const std::vector<const ServerStatus*>& servers) const {
    auto items = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto* server : servers) {
      for (auto& tool : tools_json(*server)) items.push_back(std::move(tool));
      for (const auto* tool : server->tools) {
        rows.push_back({tool->spec().name, std::string(text::first_line(text::trim(tool->spec().description)))});
      }
    }
    if (json_) return print_json({{"tools", std::move(items)}});
    return print_table({{"name"}, {"description", Width::flexible}}, rows);
  }

  [[nodiscard]] Result<int> call(const std::vector<std::string>& words, const Invocation& invocation) const {
    if (words.size() != 3 && words.size() != 4) {
      return fail(ErrorKind::usage, "mcp call takes a server, a tool of it and its input as JSON",
                  R"(errand mcp call files read_file '{"path": "a.txt"}')");
    }
    ERRAND_TRY_ASSIGN(const auto desk, Desk::open(invocation, arguments_, Desk::Servers::started));
    const auto name = mcp::tool_name(words[1], words[2]);
    const auto known = desk->tools().tools();
    if (std::ranges::find(known, name) == known.end()) return missing(*desk, words[1], name, known);
    return desk->call({name, words.size() == 4 ? words[3] : "{}"}, json_ ? Desk::Form::json : Desk::Form::text,
                      invocation);
  }

  static tl::unexpected<Error> missing(const Desk& desk, const std::string& server, const std::string& name,
                                       const std::vector<std::string>& known) {
    const auto& definition = desk.definition();
    const auto& services = desk.services();
    for (const auto& status :
         services.servers->look(definition.mcp_servers, agent::servers_policy(definition, services.surroundings))) {
      if (status.name != server || status.state == ServerState::connected) continue;
      return fail(ErrorKind::unavailable,
                  fmt::format("the MCP server \"{}\" is not there: {}", server, unicode::sanitize(status.detail)));
    }
    return fail(ErrorKind::config, fmt::format("there is no tool \"{}\"", name), text::suggest(name, known, "tools"));
  }

  bool json_ = false;
  RunArguments arguments_;
};

}  // namespace

std::unique_ptr<Command> make_mcp_command() {
  return std::make_unique<McpCommand>();
}

}  // namespace errand::cli
