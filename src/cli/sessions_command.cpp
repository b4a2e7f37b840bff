#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/sessions_search.hpp"
#include "cli/setup.hpp"
#include "cli/transcript.hpp"
#include "store/open.hpp"

namespace errand::cli {

namespace {

// The part of an id that a terminal shows: its whole time, which is a reference of its own.
constexpr std::size_t short_id_length = 13;

Json session_json(const store::SessionInfo& info) {
  const auto or_null = [](const std::string& s) { return s.empty() ? Json(nullptr) : Json(s); };
  return {{"id", info.id},
          {"name", or_null(info.start.name)},
          {"title", info.start.title},
          {"agent", info.start.agent},
          {"model", info.start.model},
          {"project", info.start.project},
          {"cwd", info.start.cwd},
          {"permission_mode", info.start.permission_mode},
          {"parent", or_null(info.start.parent)},
          {"created", to_rfc3339(info.created)},
          {"updated", to_rfc3339(info.updated)},
          {"turns", info.turns},
          {"runs", info.runs},
          {"usage", chat::to_json(info.usage)},
          {"cost_usd", info.cost_usd ? Json(*info.cost_usd) : Json(nullptr)},
          {"status", info.status}};
}

Json record_json(const store::StoredRecord& record) {
  auto body = Json::parse(record.json, nullptr, false);
  Json out = {{"position", record.position}, {"type", record.type}};
  if (!record.message_id.empty()) out["message_id"] = record.message_id;
  out["time"] = to_rfc3339(record.time);
  out["agent"] = record.agent_path;
  if (body.is_object()) {
    for (const auto& [key, value] : body.items()) {
      if (!out.contains(key)) out[key] = value;
    }
  }
  return out;
}

class SessionsCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    options.optional_text("--project", project_, "DIR", "of this project only, or of DIR");
    options.text("--agent", agent_, "ID", "of this agent only");
    options.duration("--since", since_, "changed within that time");
    options.number("--limit", limit_, 1, "at most N; default 20");
    options.flag("--all", all_, "no limit, and subagents' sessions too");
    declare_search_options(options, search_);
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    ERRAND_TRY_ASSIGN(
        const auto verb,
        read_verb("errand sessions", take_project(words),
                  {{"list"}, {"search", VerbSpec::Argument::required}, {"show", VerbSpec::Argument::required}}));
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation, config::Scope::settings));
    ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, config));
    ERRAND_TRY_ASSIGN(const auto store, store::open(place.data_directory, place.user, store::OpenMode::existing_only));
    if (verb.name == "search") return search(*store, verb.argument, config, invocation.globals);
    return verb.name == "list" ? list(*store, config) : show(*store, verb.argument, place.workspace);
  }

 private:
  // `--project DIR`: the value of an optional one stands among the words.
  std::vector<std::string> take_project(std::vector<std::string> words) {
    const bool is_searched_for = words.size() == 2 && words.front() == "search";
    if (!is_searched_for && project_ && project_->empty() && !words.empty() && words.back() != "list" &&
        words.front() != "show") {
      project_ = words.back();
      words.pop_back();
    }
    return words;
  }

  Result<int> list(store::SessionStore& store, const config::Configuration& config) const {
    store::SessionQuery query;
    if (project_) {
      ERRAND_TRY_ASSIGN(query.project, project_->empty() ? config.project.root : real_path(*project_));
    }
    query.agent = agent_.value_or("");
    if (since_) query.since = now() - *since_;
    query.limit = all_ ? 0 : static_cast<int>(std::min<std::int64_t>(limit_.value_or(20), 1'000'000'000));
    query.with_subagents = all_;
    ERRAND_TRY_ASSIGN(const auto sessions, store.list(query));
    return json_ ? list_json(sessions) : list_table(sessions);
  }

  Result<int> search(store::SearchIndex& index, const std::string& text, const config::Configuration& config,
                     const Globals& globals) const {
    SearchScope scope;
    if (project_) {
      ERRAND_TRY_ASSIGN(scope.project, project_->empty() ? config.project.root : real_path(*project_));
    }
    scope.agent = agent_.value_or("");
    scope.since = since_;
    scope.limit = all_ ? 0 : static_cast<int>(std::min<std::int64_t>(limit_.value_or(20), 1'000'000'000));
    scope.format = json_ ? SearchScope::Format::json : SearchScope::Format::text;
    return search_sessions(index, text, search_, scope, globals);
  }

  static Result<int> list_json(const std::vector<store::SessionInfo>& sessions) {
    auto items = Json::array();
    for (const auto& info : sessions) items.push_back(session_json(info));
    return print_json({{"sessions", std::move(items)}});
  }

  static Result<int> list_table(const std::vector<store::SessionInfo>& sessions) {
    const bool on_terminal = ::isatty(STDOUT_FILENO) != 0;
    const auto today = now();
    std::vector<std::vector<std::string>> rows;
    for (const auto& info : sessions) {
      const auto title =
          info.start.name.empty() ? info.start.title : fmt::format("[{}] {}", info.start.name, info.start.title);
      rows.push_back({on_terminal ? info.id.substr(0, short_id_length) : info.id,
                      on_terminal ? format_age(info.updated, today) : to_rfc3339(info.updated), info.start.agent,
                      std::to_string(info.turns), money_text(info.cost_usd), title, info.status});
    }
    return print_table({{"id"}, {"age"}, {"agent"}, {"turns"}, {"cost"}, {"title", Width::flexible}, {"status"}}, rows);
  }

  Result<int> show(store::SessionStore& store, const std::string& reference, const std::string& project) const {
    ERRAND_TRY_ASSIGN(const auto info, store.find(reference, project));
    ERRAND_TRY_ASSIGN(const auto records, store.records(info.id));
    if (json_) {
      auto items = Json::array();
      for (const auto& record : records) items.push_back(record_json(record));
      return print_json({{"session", session_json(info)}, {"records", std::move(items)}});
    }
    return print_out(transcript(info, records));
  }

  bool json_ = false;
  bool all_ = false;
  std::optional<std::string> project_, agent_;
  std::optional<std::chrono::milliseconds> since_;
  std::optional<std::int64_t> limit_;
  SearchOptions search_;
};

}  // namespace

std::unique_ptr<Command> make_sessions_command() {
  return std::make_unique<SessionsCommand>();
}

}  // namespace errand::cli
