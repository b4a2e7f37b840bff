#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/call.hpp"
#include "base/error.hpp"
#include "repl/choice.hpp"

namespace errand::repl {

/// How a line begins.
enum class LineStart { empty, in_editor };  ///< in_editor: in a program of the person's, for prompts alone

struct LineRequest {
  LineKind kind = LineKind::prompt;
  std::string prompt;  ///< stands before what is typed, in the same line
  LineStart start = LineStart::empty;
  std::string text{};  ///< what a prompt begins with, to be edited; nothing where a line was begun already
};

/// How reading ended, with what was typed until then.
struct ReadLine {
  enum class End {
    submitted,
    interrupted,  ///< Ctrl-C
    closed,       ///< Ctrl-D on an empty line, or the terminal is gone
  };
  End end = End::submitted;
  std::string text;  ///< may hold line ends; without the last one. Nothing where Esc left an answer
};

/// Reads what a person types. One thread at a time.
class LineReader {
 public:
  /// As long as it lives, keys that nobody reads are neither echoed nor lost, and Ctrl-C among them still is SIGINT.
  class Attention {
   public:
    virtual ~Attention() = default;
  };

  virtual ~LineReader() = default;
  virtual Result<ReadLine> read(const LineRequest& request, const Call& call) = 0;

  /// Puts a menu. What was typed before it appeared is no answer to it. Fails as read() does.
  virtual Result<Picked> choose(const ChoiceRequest& request, const Call& call) = 0;

  /// Whether a menu leaves a line behind that says what was picked.
  [[nodiscard]] virtual bool shows_pick() const { return false; }

  /// Lets the person change a text in a program of theirs, and returns what became of it. `usage` where there is none.
  virtual Result<std::string> edit_outside(const std::string& text) = 0;

  /// At most one at a time.
  virtual std::unique_ptr<Attention> attend() = 0;

  /// Before something is written that the person is then asked about: waits until they have left a program that they
  /// opened beside a run. read(), choose() or edit_outside() has to follow.
  virtual void settle() {}

  // Lines that are submitted while a run works wait, and read() gives them one by one. A reader that shows nothing
  // then has nothing of this.

  /// How a line reaches the run in progress itself: called on another thread. False: there is no run any more.
  using Steer = std::function<Result<bool>(const std::string& line)>;
  virtual void steer_with(Steer /*steer*/) {}
  /// What a command came to that was typed beside a run and could be answered at once.
  struct Answered {
    std::string said{};                    ///< whole lines for the scrollback, harmless
    std::function<Result<void>()> show{};  ///< has the terminal as long as it takes; may be empty
  };
  /// How such a command is done: called on another thread. nullopt: it waits for the end of the run.
  using Answer = std::function<Result<std::optional<Answered>>(const std::string& line)>;
  virtual void answer_with(Answer /*answer*/) {}

  /// The run has taken the oldest line that was given to it: it is part of the conversation.
  virtual void steered() {}
  /// There is no run any more: lines that it has not taken are the first of those that wait.
  virtual void steer_no_more() {}
  /// What waits goes on waiting until the person says otherwise: the run before went wrong.
  virtual void pause() {}
};

}  // namespace errand::repl
