#include "cli/program_input.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/record_reader.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "chat/names.hpp"

namespace errand::cli {

namespace {

// A message may hold an image of the largest size, as base64.
constexpr std::size_t max_line_bytes = std::size_t{32} << 20U;

const Json& field(const Json& line, const char* name) {
  static const Json none;
  const auto found = line.find(name);
  return found == line.end() ? none : *found;
}

std::string text_in(const Json& line, const char* name) {
  const auto& value = field(line, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// Content stands in the line, or in a `message` as the Agent SDK has it.
Result<chat::UserMessage> message_in(const Json& line) {
  const auto& message = field(line, "message");
  const auto& content = field(message.is_object() ? message : line, "content");
  if (!content.is_string() && !content.is_array()) {
    return fail(ErrorKind::usage, R"(a "user" has no "content", which is a text or a list of blocks)");
  }
  auto user = chat::user_from_json(Json{{"role", "user"}, {"content", content}});
  const auto says_something = [](const chat::UserBlock& block) {
    const auto* const text = std::get_if<chat::Text>(&block);
    return text == nullptr || !text::trim(text->text).empty();
  };
  if (user && std::ranges::any_of(user->content, says_something)) return user;
  return fail(ErrorKind::usage, user ? std::string("a \"user\" says nothing") : user.error().message);
}

Error unreadable(std::size_t number, Error error) {
  error.kind = ErrorKind::usage;
  error.message = fmt::format("line {} of stdin: {}", number, error.message);
  error.hint = "errand-events(5) has the lines that --input-format stream-json reads";
  return error;
}

// What each kind of answer names its request by.
struct ReplyKind {
  std::string_view type;
  const char* id;
  const char* other_id;
};
constexpr std::array reply_kinds = {
    ReplyKind{"approval", "id", "tool_use_id"},
    ReplyKind{"answer", "question_id", "question_id"},
    ReplyKind{"user_answer", "question_id", "question_id"},
    ReplyKind{"plan_approval", "plan_id", "plan_id"},
};

const ReplyKind* reply_kind(std::string_view type) {
  const auto found = std::ranges::find(reply_kinds, type, &ReplyKind::type);
  return found == reply_kinds.end() ? nullptr : &*found;
}

std::string id_in(const Json& line, const ReplyKind& kind) {
  auto id = text_in(line, kind.id);
  return id.empty() ? text_in(line, kind.other_id) : id;
}

bool is_one_of(std::string_view type, std::string_view name, std::string_view other, std::string_view third = {}) {
  return type == name || type == other || (!third.empty() && type == third);
}

std::string joined(const Json& choices) {
  if (choices.is_string()) return choices.get<std::string>();
  std::vector<std::string> out;
  if (choices.is_array()) {
    for (const auto& choice : choices) {
      if (choice.is_string()) out.push_back(choice.get<std::string>());
    }
  }
  return text::join(out, ", ");
}

tl::unexpected<Error> no_such_decision(const Json& said) {
  return fail(ErrorKind::failure, fmt::format("\"{}\" is no decision", text::ellipsize(text_in(said, "decision"), 60)));
}

}  // namespace

ProgramInput::ProgramInput(int fd, std::function<void()> on_cancel)
    : fd_(fd), on_cancel_(std::move(on_cancel)), thread_([this](const std::stop_token& stop) { read(stop); }) {}

ProgramInput::~ProgramInput() = default;

void ProgramInput::read(const std::stop_token& stop) {
  RecordReader lines(fd_, "\n", max_line_bytes);
  for (std::size_t number = 1;; ++number) {
    const auto line = lines.next({.stop = stop});
    if (!line) return end(stop.stop_requested() ? std::nullopt : std::optional(unreadable(number, line.error())));
    if (!*line) return end(std::nullopt);
    if (text::trim(**line).empty()) continue;
    if (auto taken = take(**line); !taken) return end(unreadable(number, std::move(taken).error()));
  }
}

void ProgramInput::end(std::optional<Error> why) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  broken_ = std::move(why);
  changed_.notify_all();
}

void ProgramInput::cancel() {
  {
    const std::lock_guard lock(mutex_);
    for (auto& item : items_) {
      if (auto* const prompt = std::get_if<Prompt>(&item)) prompt->cancelled = true;
    }
  }
  on_cancel_();
}

void ProgramInput::withdraw(const std::string& request_id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(items_, [&](const Item& item) {
    const auto* const control = std::get_if<ProgramControl>(&item);
    return control != nullptr && control->id == request_id;
  });
}

Result<void> ProgramInput::take(std::string_view line) {
  ERRAND_TRY_ASSIGN(auto said, chat::parse_json(line));
  const auto type = said.is_object() ? text_in(said, "type") : std::string();
  if (is_one_of(type, "cancel", "cancel_request", "interrupt")) {
    cancel();
    return {};
  }
  if (type == "control_cancel_request") {
    withdraw(text_in(said, "request_id"));
    return {};
  }
  if (type == "control_response") return {};  // to nothing that was asked here
  std::optional<Item> item;
  if (type == "user") {
    ERRAND_TRY_ASSIGN(auto message, message_in(said));
    item = Prompt{std::move(message)};
  } else if (is_one_of(type, "compact", "compact_request")) {
    item = Compact{text_in(said, "hint")};
  } else if (type == "control_request") {
    ERRAND_TRY_ASSIGN(auto control, control_in(said));
    if (control.subtype == "interrupt") cancel();
    item = std::move(control);
  }
  const auto* const kind = reply_kind(type);
  if (!item && kind == nullptr) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" is no type of line", text::ellipsize(type, 60)));
  }
  if (!item && id_in(said, *kind).empty()) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" has no \"{}\"", type, kind->id));
  }
  const std::lock_guard lock(mutex_);
  if (item) {
    items_.push_back(*std::move(item));
  } else {
    auto id = id_in(said, *kind);
    replies_[std::move(id)] = std::move(said);
  }
  changed_.notify_all();
  return {};
}

namespace {

template <class Ready>
void wait_for(std::condition_variable_any& changed, std::unique_lock<std::mutex>& lock, const Call& call, Ready ready) {
  if (call.deadline == Call::Clock::time_point::max()) {
    changed.wait(lock, call.stop, ready);
  } else {
    changed.wait_until(lock, call.stop, call.deadline, ready);
  }
}

}  // namespace

Result<std::optional<ProgramInput::Item>> ProgramInput::next(const Call& call) {
  std::unique_lock lock(mutex_);
  wait_for(changed_, lock, call, [this] { return ended_ || !items_.empty(); });
  ERRAND_TRY(call.check());
  if (items_.empty() && broken_) return fail(*broken_);
  if (items_.empty()) return std::nullopt;
  std::optional<Item> out(std::move(items_.front()));
  items_.pop_front();
  return out;
}

Result<Json> ProgramInput::reply_to(const std::vector<std::string>& ids, const Call& call) {
  std::unique_lock lock(mutex_);
  const auto said = [&] { return std::ranges::find_if(ids, [&](const auto& id) { return replies_.contains(id); }); };
  wait_for(changed_, lock, call, [&] { return ended_ || said() != ids.end(); });
  ERRAND_TRY(call.check());
  const auto id = said();
  if (id == ids.end()) return fail(ErrorKind::failure, "the input has ended");
  auto out = std::move(replies_[*id]);
  replies_.erase(*id);
  return out;
}

bool ProgramInput::has_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void ProgramQuestions::on_event(const chat::Event& event) {
  auto ids = [&]() -> std::vector<std::string> {
    if (const auto* request = std::get_if<chat::event::ApprovalRequest>(&event.body))
      return {request->id, request->tool_use_id};
    if (const auto* question = std::get_if<chat::event::AskUserQuestion>(&event.body)) return {question->question_id};
    if (const auto* plan = std::get_if<chat::event::Plan>(&event.body)) return {plan->plan_id};
    return {};
  }();
  if (!ids.empty()) {
    const std::lock_guard lock(mutex_);
    asked_[std::this_thread::get_id()] = std::move(ids);
  }
  next_.on_event(event);
}

Result<Json> ProgramQuestions::reply(const Call& call) {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    ids = asked_[std::this_thread::get_id()];
  }
  return input_.reply_to(ids, call);
}

Result<chat::ApprovalAnswer> ProgramQuestions::approve(const chat::ApprovalQuestion&, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto said, reply(call));
  const auto decision = text_in(said, "decision");
  if (decision == "deny") return chat::ApprovalAnswer{chat::Verdict::deny, text_in(said, "reason")};
  if (decision != "allow") return chat::ApprovalAnswer{chat::Verdict::deny, no_such_decision(said).value().message};
  const auto remember = text_in(said, "remember");
  if (remember == "session") return chat::ApprovalAnswer{chat::Verdict::allow_session, {}};
  return chat::ApprovalAnswer{remember == "always" ? chat::Verdict::allow_always : chat::Verdict::allow_once, {}};
}

Result<std::vector<std::string>> ProgramQuestions::answer(const std::vector<chat::event::Question>& questions,
                                                          const Call& call) {
  ERRAND_TRY_ASSIGN(const auto said, reply(call));
  std::vector<std::string> out;
  const auto& answers = field(said, "answers");
  if (answers.is_array()) {
    for (const auto& one : answers) out.push_back(joined(one));
  }
  if (out.size() == questions.size()) return out;
  return fail(ErrorKind::failure, fmt::format("{} came to {}", text::count_of(out.size(), "answer"),
                                              text::count_of(questions.size(), "question")));
}

Result<chat::PlanAnswer> ProgramQuestions::review(const std::string& plan, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto said, reply(call));
  const auto decision = text_in(said, "decision");
  const auto text = text_in(said, "text");
  chat::PlanAnswer out;
  if (decision == "reject") {
    out.reason = text;
    return out;
  }
  if (decision != "approve" && decision != "edit") return no_such_decision(said);
  out.verdict = chat::PlanAnswer::Verdict::approve;
  out.plan = decision == "edit" && !text.empty() ? text : plan;
  const auto mode = chat::permission_mode_named(text_in(said, "permission_mode"));
  out.mode = mode == chat::PermissionMode::automatic ? *mode : chat::PermissionMode::ask;
  return out;
}

}  // namespace errand::cli
