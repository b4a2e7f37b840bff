#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/json_fwd.hpp"
#include "chat/event.hpp"
#include "chat/interaction.hpp"
#include "chat/message.hpp"
#include "cli/program_control.hpp"

namespace errand::cli {

/// What a program says with --input-format stream-json: one JSON object a line, read on a thread of its own until the
/// input ends. errand-events(5) has the lines. All members may be called from any thread.
class ProgramInput {
 public:
  struct Compact {
    std::string hint;  ///< what the summary should keep; may be empty
  };
  struct Prompt {
    chat::UserMessage message;
    bool cancelled = false;  ///< by a line behind it, before it was taken
  };
  using Item = std::variant<Prompt, Compact, ProgramControl>;

  /// Reads `fd`, borrowed. `on_cancel` is called on the reading thread for a line that asks to stop: the run in
  /// progress, and with it what was asked before that line and waits.
  ProgramInput(int fd, std::function<void()> on_cancel);
  ProgramInput(const ProgramInput&) = delete;
  ProgramInput& operator=(const ProgramInput&) = delete;
  ~ProgramInput();

  /// What to do next, in the order it was said; none once the input has ended. Fails with `usage` for a line that is
  /// none of the known ones, behind which nothing is read, and with `cancelled` or `timeout` as `call` says.
  Result<std::optional<Item>> next(const Call& call);

  /// What was said to the request that goes by one of these ids. `failure` when the input ended before that; else as
  /// next().
  Result<Json> reply_to(const std::vector<std::string>& ids, const Call& call);

  /// Nothing more will be said.
  [[nodiscard]] bool has_ended() const;

 private:
  void read(const std::stop_token& stop);
  Result<void> take(std::string_view line);
  void cancel();
  void withdraw(const std::string& request_id);
  void end(std::optional<Error> why);

  int fd_;
  std::function<void()> on_cancel_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Item> items_;
  std::map<std::string, Json> replies_;  // by the id of what they answer
  std::optional<Error> broken_;
  bool ended_ = false;
  std::jthread thread_;  // last: it ends before what it uses
};

/// The program as the one who is asked: what asks goes out as an event, and what it says to the event's id is the
/// answer. End of input denies. Stands before the sink whose events the program reads.
class ProgramQuestions final : public chat::EventSink, public chat::Interaction {
 public:
  ProgramQuestions(ProgramInput& input, chat::EventSink& next) : input_(input), next_(next) {}

  void on_event(const chat::Event& event) override;

  [[nodiscard]] bool available() const override { return !input_.has_ended(); }
  Result<chat::ApprovalAnswer> approve(const chat::ApprovalQuestion& question, const Call& call) override;
  Result<std::vector<std::string>> answer(const std::vector<chat::event::Question>& questions,
                                          const Call& call) override;
  Result<chat::PlanAnswer> review(const std::string& plan, const Call& call) override;

 private:
  Result<Json> reply(const Call& call);

  ProgramInput& input_;
  chat::EventSink& next_;
  std::mutex mutex_;
  // The engine sends the event that asks and asks on one thread; subagents have threads of their own.
  std::map<std::thread::id, std::vector<std::string>> asked_;
};

}  // namespace errand::cli
