#include <algorithm>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "repl/going_on.hpp"
#include "repl/menus.hpp"
#include "repl/notes.hpp"
#include "repl/slash.hpp"
#include "store/short_id.hpp"
#include "store/store.hpp"

namespace errand::repl {

Result<After> run_resume(const std::string& argument, SlashContext& context);

namespace {

constexpr int max_sessions = 200;
constexpr int max_found = 20;
constexpr std::size_t preview_lines = 4;  // of the last answer

using Sessions = std::vector<store::SessionInfo>;

Choice choice_of(const store::SessionInfo& session, const std::string& current) {
  const auto& start = session.start;
  auto title = start.title.empty() ? session.id : start.title;
  if (!start.name.empty()) title = fmt::format("{}: {}", start.name, title);
  return {std::move(title),
          fmt::format("{}, {}, {}{}", format_age(session.updated, now()), start.agent,
                      text::count_of(static_cast<std::size_t>(session.turns), "turn"),
                      session.id == current ? ", this one" : ""),
          ""};
}

std::string preview_of(store::Store& store, const std::string& session) {
  const auto last = last_exchange(store, session, preview_lines);
  if (!last) return last.error().message;
  std::string out;
  if (!last->prompt.empty()) out = fmt::format("> {}\n", last->prompt);
  for (const auto& line : last->answer) out += line + "\n";
  return out;
}

// The sessions in which `typed` was ever said, by the store's index of everything. A text that is no query finds none.
std::vector<std::size_t> said_in(store::Store& store, const std::string& project, const Sessions& sessions,
                                 const std::string& typed) {
  store::SearchQuery query;
  query.text = typed;
  query.project = project;
  query.limit = max_found;
  const auto found = store.search(query);
  if (!found) return {};
  std::vector<std::size_t> out;
  for (const auto& hit : found->hits) {
    const auto session = std::ranges::find(sessions, hit.session, &store::SessionInfo::id);
    if (session != sessions.end()) out.push_back(static_cast<std::size_t>(session - sessions.begin()));
  }
  return out;
}

Result<std::optional<store::SessionInfo>> picked_session(SlashContext& context) {
  auto& store = context.menus->store;
  const auto& project = context.menus->project;
  store::SessionQuery query;
  query.project = project;
  query.limit = max_sessions;
  ERRAND_TRY_ASSIGN(auto sessions, store.list(query));
  if (sessions.empty()) {
    context.say("there are no sessions of this project yet");
    return std::nullopt;
  }
  ChoiceRequest request{.title = "resume: ", .hint = "type to search in all that was said, Esc leaves"};
  for (const auto& session : sessions) request.choices.push_back(choice_of(session, context.chat.session_id()));
  request.selected = 0;
  request.preview = [&](std::size_t choice) { return preview_of(store, sessions[choice].id); };
  request.found_elsewhere = [&](const std::string& typed) { return said_in(store, project, sessions, typed); };
  ERRAND_TRY_ASSIGN(const auto picked, pick(request, context));
  return picked ? std::optional(std::move(sessions[*picked])) : std::nullopt;
}

// Behind the reference: a copy of one that another process has can be gone on with.
enum class GoesOn { itself, copy };

GoesOn take_option(std::string& argument) {
  auto words = text::split(argument, ' ');
  if (std::erase(words, "--fork") == 0) return GoesOn::itself;
  argument = text::trim(text::join(words, " "));
  return GoesOn::copy;
}

void tell(const store::SessionInfo& session, const SlashContext& context) {
  if (const auto here = current_directory(); here && !session.start.cwd.empty() && session.start.cwd != *here)
    context.say(fmt::format("it worked in {}, and goes on here in {}", session.start.cwd, *here));
  if (context.menus)
    show_going_on(session, context);
  else
    context.say(going_on_line(session));
}

// At once if it can't go on: another process may have it. Ours is no other.
Result<void> go_on_with(store::SessionInfo session, SlashContext& context) {
  if (context.menus && session.id != context.chat.session_id()) ERRAND_TRY(context.menus->store.lease(session.id));
  tell(session, context);
  tell_of_stopped(context);
  context.chat.resume_with(std::move(session));
  return {};
}

// It is the copy that is told of.
Result<void> go_on_with_copy(store::SessionInfo session, SlashContext& context) {
  tell_of_stopped(context);
  context.chat.resume_with(std::move(session));
  ERRAND_TRY_ASSIGN(const auto made, context.chat.fork(""));
  context.say(fmt::format("session {}, a copy of {}", store::short_id(made.id), store::short_id(made.forked_from)));
  tell(made, context);
  return {};
}

// Empty: none was picked, or they were listed.
Result<std::optional<store::SessionInfo>> wanted_session(const std::string& reference, SlashContext& context) {
  if (!reference.empty()) {
    ERRAND_TRY_ASSIGN(auto session, context.find_session(reference));
    return session;
  }
  if (context.menus) return picked_session(context);
  ERRAND_TRY(context.run_command({"sessions", "list", "--limit", "10"}));
  context.say("/resume ID goes on with one");
  return std::nullopt;
}

}  // namespace

Result<After> run_resume(const std::string& argument, SlashContext& context) {
  auto reference = argument;
  const auto goes_on = take_option(reference);
  ERRAND_TRY_ASSIGN(auto session, wanted_session(reference, context));
  if (!session) return After::go_on;
  if (goes_on == GoesOn::copy)
    ERRAND_TRY(go_on_with_copy(*std::move(session), context));
  else
    ERRAND_TRY(go_on_with(*std::move(session), context));
  return After::go_on;
}

}  // namespace errand::repl
