#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "terminal/answers.hpp"
#include "terminal/key.hpp"

namespace errand::terminal {

/// Bytes from a terminal become keys, however they are cut. Pure: it knows no descriptor and no clock.
///
/// Understood are UTF-8 text, C0 controls, CSI and SS3 sequences as xterm, VTE, the Linux console and rxvt send them
/// (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html), modified keys of xterm's modifyOtherKeys ("CSI 27;2;13~")
/// and of the kitty keyboard protocol ("CSI 13;2u", https://sw.kovidgoyal.net/kitty/keyboard-protocol/), Alt as an ESC
/// before a key, bracketed paste, focus, and answers (CSI … c, R, n, u, $y; OSC; DCS). A sequence that is not known is
/// swallowed whole; bad UTF-8 becomes U+FFFD.
class KeyDecoder {
 public:
  /// Bytes of one paste that are kept; the rest of a longer one is dropped.
  static constexpr std::size_t max_paste_bytes = std::size_t{16} << 20U;

  /// The keys that `bytes` complete, in order.
  std::vector<Key> feed(std::string_view bytes);

  /// How often expire() waits on for the rest of an answer that is expected, before it is given up.
  static constexpr int answer_patience = 20;

  /// The terminal was asked something. The answer is told as a reply whenever it comes; that it comes in pieces with
  /// any time between them makes no keys of it. Asked twice, it answers twice.
  void expect(Answer answer) { ++expected_[answer]; }
  /// Whether a question is not answered yet.
  [[nodiscard]] bool expects(Answer answer) const { return expected_.contains(answer); }
  /// No answer is expected any more.
  void give_up(Answer answer) { expected_.erase(answer); }

  /// Whether something has begun that more bytes may complete, and that expire() would decide: an ESC that is a key by
  /// itself or the beginning of a sequence. A paste waits for its end, however long that takes.
  [[nodiscard]] bool is_waiting() const { return !in_paste_ && !held_.empty(); }

  /// Nothing more came in time: what is held is what it is by itself.
  std::vector<Key> expire();

 private:
  bool take_paste(std::vector<Key>& out);
  bool take_cut_answer(std::vector<Key>& out);
  void note_answer(const Key& key);
  [[nodiscard]] bool is_before_answer(std::string_view bytes) const;
  bool waits_for_answer();
  [[nodiscard]] Fit answer_fit(std::string_view bytes) const;
  std::vector<Key> decide_held();

  std::string held_;
  std::string cut_;  // the beginning of an expected answer that was given up: its rest may still come
  std::map<Answer, std::size_t> expected_;  // how many of each; never none
  int expired_ = 0;                         // in a row
  std::string paste_;
  bool in_paste_ = false;
};

}  // namespace errand::terminal
