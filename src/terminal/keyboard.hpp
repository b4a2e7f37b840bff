#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <optional>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/sync.hpp"
#include "terminal/decoder.hpp"

namespace errand::terminal {

/// What signals say about the terminal, told from the thread that hears them to the one that reads keys. tell_…() may
/// be called from any thread.
class Changes {
 public:
  enum class Kind { none, resized, came_back };

  Changes();
  void tell_resized();    ///< SIGWINCH
  void tell_came_back();  ///< the terminal was another's for a while: after a stop

  [[nodiscard]] int fd() const { return event_.get(); }  ///< readable while something was told
  /// The weightiest that was told since the last take().
  Kind take();

 private:
  Fd event_;
  std::atomic<bool> resized_{false};
  std::atomic<bool> came_back_{false};
};

/// What the reader of a keyboard learns next.
struct Input {
  enum class Kind { key, resized, came_back, closed };
  Kind kind = Kind::key;
  Key key;
};

/// The keys of a terminal in raw mode. Borrows descriptor and changes. One thread at a time calls its functions.
class Keyboard {
 public:
  /// How long after an ESC the rest of a sequence may take; later it was the key.
  static constexpr std::chrono::milliseconds escape_limit{50};

  Keyboard(int fd, Changes& changes) : fd_(fd), changes_(changes) {}
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  /// From now on what the terminal says that is no key (focus, answers) goes there, on whichever thread reads, and
  /// nowhere else. Not while watching.
  void hear(std::function<void(const Key&)> said) { said_ = std::move(said); }

  /// For so long after it was asked its cursor's place a terminal may tell it; then what is typed is typed.
  static constexpr std::chrono::seconds place_limit{5};

  /// Another thread asks it whether it has shown all (`ask_shown`): any thread may say so, before it does. The answer
  /// is told by hear(); after a while without one what is typed is typed.
  void expect_shown() { shown_asked_.fetch_add(1); }
  static constexpr std::chrono::seconds shown_limit{30};

  /// The terminal was asked something: see KeyDecoder.
  void expect(Answer answer);
  [[nodiscard]] bool expects(Answer answer) const {
    return decoder_.expects(answer) || (answer == Answer::shown && shown_asked_ > 0);
  }
  /// The last place of the cursor that the terminal told; nullopt: it has told none yet.
  [[nodiscard]] std::optional<Place> place() const { return place_; }

  /// Waits for the next of them. Fails with `cancelled` or `timeout` as `call` says, `failure` when reading fails.
  Result<Input> next(const Call& call);

  /// The same; nullopt once nothing is left of what was typed, and nothing was typed for as long as `quiet`. What a
  /// terminal holds is read before that is said.
  Result<std::optional<Input>> next_unless_quiet(std::chrono::milliseconds quiet, const Call& call);

  /// The same as next(); nullopt once the terminal has answered, as often as it was asked.
  Result<std::optional<Input>> next_before(Answer answer, const Call& call);

  /// Takes what was read and not given yet, and puts it back in front.
  std::deque<Key> take_kept();
  void put_back(std::deque<Key> keys);

 private:
  using Milliseconds = std::chrono::milliseconds;

  struct Until {
    std::optional<Milliseconds> quiet;
    std::optional<Answer> answer;
  };
  Result<std::optional<Input>> wait(const Until& until, const Call& call);
  std::optional<Input> at_hand();
  void expire_held();
  void note_questions();
  void give_up_late();
  [[nodiscard]] int poll_limit(std::optional<Milliseconds> quiet) const;
  Result<bool> read_more();

  int fd_;
  Changes& changes_;
  std::function<void(const Key&)> said_;
  KeyDecoder decoder_;
  std::deque<Key> kept_;
  std::optional<Place> place_;
  Call::Clock::time_point place_until_{};  // when its place is given up
  Call::Clock::time_point shown_until_{};  // the same of what it was asked by others
  std::atomic<int> shown_asked_{0};        // and is not known to the decoder yet
  Call::Clock::time_point typed_{};        // when the last key came
  Call::Clock::time_point read_{};         // when bytes did, or were last decided upon
  bool closed_ = false;
};

}  // namespace errand::terminal
