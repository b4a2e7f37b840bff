#include "agent/rewind.hpp"

#include <algorithm>
#include <iterator>
#include <variant>

#include <fmt/format.h>

#include "agent/restore.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "repl/menus.hpp"
#include "repl/slash.hpp"
#include "sandbox/workspace.hpp"
#include "store/store.hpp"

namespace errand::repl {

Result<After> run_rewind(const std::string& argument, SlashContext& context);

namespace {

constexpr std::size_t shown_files = 5;

using Action = agent::RestoreStep::Action;

// A prompt that the conversation can go back to before.
struct Prompt {
  std::string text;
  std::string typed;  ///< of it, without the files and other texts that went with it
  Timestamp time{};
  std::int64_t position = 0;  ///< of the record it follows; 0: it is the first
};

std::string typed_part(const chat::UserMessage& prompt) {
  if (prompt.content.empty()) return {};
  const auto* first = std::get_if<chat::Text>(&prompt.content.front());
  return first == nullptr ? std::string() : first->text;
}

// The newest first, as "-1", "-2" … name them.
Result<std::vector<Prompt>> prompts_of(const store::History& history, const std::string& session, store::Store& store) {
  ERRAND_TRY_ASSIGN(const auto records, store.records(session));
  std::vector<Prompt> out;
  for (const auto& said : agent::prompts_in({history, records})) {
    const auto message = std::ranges::find(history.messages, said.id, &store::StoredMessage::message_id);
    const auto* prompt = message == history.messages.end() ? nullptr : std::get_if<chat::UserMessage>(&message->body);
    const auto before = std::ranges::find(records, said.before, &store::StoredRecord::message_id);
    Prompt one;
    if (prompt != nullptr) one.text = text::trim(chat::text_of(prompt->content));
    if (prompt != nullptr) one.typed = typed_part(*prompt);
    if (prompt != nullptr) one.time = message->time;
    if (!said.before.empty() && before != records.end()) one.position = before->position;
    out.push_back(std::move(one));
  }
  std::ranges::reverse(out);
  return out;
}

// What would bring back the files that tools changed from there on, and what of it somebody else has changed since.
struct Files {
  std::vector<std::string> paths;
  std::size_t foreign = 0;
};

Result<Files> files_since(std::int64_t position, const store::SessionInfo& session, store::Store& store) {
  const sandbox::Workspace workspace(agent::restore_policy(session.start.project));
  ERRAND_TRY_ASSIGN(const auto steps,
                    agent::plan_restore(store, session.id, position, workspace, agent::Foreign::keep));
  Files out;
  for (const auto& step : steps) {
    const bool is_foreign = step.reason == agent::changed_by_others;
    if (step.action == Action::leave && !is_foreign) continue;
    out.paths.push_back(step.path);
    if (is_foreign) ++out.foreign;
  }
  return out;
}

std::string relative_to(const std::string& path, const std::string& project) {
  return path.starts_with(project + "/") ? path.substr(project.size() + 1) : path;
}

std::string told(const Files& files, const std::string& project) {
  if (files.paths.empty()) return "no file was changed by a tool since";
  auto out = fmt::format("{} changed since:", text::count_of(files.paths.size(), "file"));
  for (std::size_t i = 0; i < std::min(files.paths.size(), shown_files); ++i)
    out += fmt::format("{} {}", i == 0 ? "" : ",", relative_to(files.paths[i], project));
  return files.paths.size() > shown_files ? out + ", …" : out;
}

// The words for `sessions rewind` that say what becomes of the files; nullopt: the person left.
Result<std::optional<std::vector<std::string>>> words_for(const Files& files, SlashContext& context) {
  using Words = std::vector<std::string>;
  if (files.paths.empty()) return std::optional(Words{});
  const auto count = text::count_of(files.paths.size(), "file");
  const auto restore = files.foreign == 0 ? fmt::format("take {} back too", count)
                                          : fmt::format("take {} back too, {} of them changed by something else since",
                                                        count, files.foreign);
  const ChoiceRequest request{.title = "files: ",
                              .hint = "what shell commands changed is not known, and stays",
                              .choices = {{"leave all files as they are", "", "leave"}, {restore, "", "take"}},
                              .selected = 0,
                              .typed = ChoiceRequest::Typed::answers,
                              .digits = ChoiceRequest::Digits::select};
  ERRAND_TRY_ASSIGN(const auto picked, pick(request, context));
  if (!picked) return std::nullopt;
  if (*picked == 0) return std::optional(Words{});
  return std::optional(files.foreign == 0 ? Words{"--files"} : Words{"--files", "--force"});
}

Result<void> rewind(const std::string& session, std::vector<std::string> words, SlashContext& context) {
  std::vector<std::string> command = {"sessions", "rewind", session};
  std::ranges::move(words, std::back_inserter(command));
  context.chat.let_go();
  return context.run_command(std::move(command));
}

Result<void> rewind_to_picked(const std::string& id, SlashContext& context) {
  auto& store = context.menus->store;
  ERRAND_TRY_ASSIGN(const auto session, store.find(id, ""));
  ERRAND_TRY_ASSIGN(const auto history, context.chat.conversation());
  ERRAND_TRY_ASSIGN(const auto prompts, prompts_of(history, id, store));
  if (prompts.empty()) return fail(ErrorKind::failure, "the conversation has no prompt to go back to");
  ChoiceRequest request{.title = "back to before: ", .hint = "type to search, Enter goes back, Esc leaves"};
  for (const auto& prompt : prompts)
    request.choices.push_back({std::string(text::first_line(prompt.text)), format_age(prompt.time, now()), ""});
  request.selected = 0;
  request.preview = [&](std::size_t choice) {
    const auto files = files_since(prompts[choice].position, session, store);
    return files ? told(*files, session.start.project) : files.error().message;
  };
  ERRAND_TRY_ASSIGN(const auto picked, pick(request, context));
  if (!picked) return {};
  ERRAND_TRY_ASSIGN(const auto files, files_since(prompts[*picked].position, session, store));
  ERRAND_TRY_ASSIGN(const auto words, words_for(files, context));
  if (!words) return {};
  std::vector<std::string> all = {fmt::format("-{}", *picked + 1)};
  all.insert(all.end(), words->begin(), words->end());
  ERRAND_TRY(rewind(id, std::move(all), context));
  if (context.begin_next_with) context.begin_next_with(prompts[*picked].typed);
  return {};
}

}  // namespace

Result<After> run_rewind(const std::string& argument, SlashContext& context) {
  ERRAND_TRY_ASSIGN(const auto id, session_of(context));
  auto words = words_of(argument);
  if (words.empty() && context.menus) {
    ERRAND_TRY(rewind_to_picked(id, context));
    return After::go_on;
  }
  if (words.empty()) words.emplace_back("-1");
  ERRAND_TRY(rewind(id, std::move(words), context));
  return After::go_on;
}

}  // namespace errand::repl
