#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "repl/choice.hpp"
#include "repl/editor/edit_buffer.hpp"
#include "repl/editor/keymap.hpp"
#include "repl/editor/menu_view.hpp"
#include "repl/editor/outcome.hpp"
#include "terminal/key.hpp"

namespace errand::repl {

/// What keys make of a menu. It knows no terminal: keys in, a view out.
class MenuSession {
 public:
  /// Choices that a page of keys moves by.
  static constexpr std::size_t page = 8;

  /// `request` is borrowed.
  explicit MenuSession(const ChoiceRequest& request);

  Outcome press(const terminal::Key& key);

  /// After Outcome::submitted.
  [[nodiscard]] Picked picked() const;

  /// After Outcome::submitted: nothing is picked, all of what it is about is wanted. The menu goes on, below it.
  [[nodiscard]] bool wants_all() const;
  void go_on_below();

  [[nodiscard]] MenuView view(terminal::Size size = {80, 24});
  /// What it is about, as it stays behind: what was shown whole is not said again.
  [[nodiscard]] Subject about(std::size_t columns) const;
  /// What stays in the scrollback: what was asked and what was picked, on one line; after anything but a pick what was
  /// typed.
  [[nodiscard]] View left_behind(Outcome outcome) const;

 private:
  [[nodiscard]] bool filters() const { return request_.typed == ChoiceRequest::Typed::filters; }
  [[nodiscard]] bool takes_several() const { return request_.marks == ChoiceRequest::Marks::several; }
  [[nodiscard]] std::size_t selected_choice() const;
  Outcome run(Command command, const terminal::Key& key);
  bool edit(Command command, const terminal::Key& key);
  bool move(Command command, const terminal::Key& key);
  void move_to(std::size_t place);
  bool press_between_marks(const terminal::Key& key);
  void typed_anew();
  void offer_all(std::size_t rows, std::size_t room);
  bool ask_for_words(const std::optional<Picked>& answer);
  [[nodiscard]] bool selects_all() const;
  [[nodiscard]] std::string why_not() const;
  [[nodiscard]] std::size_t place_of_typed() const;
  void mark(std::size_t choice);
  Outcome press_digit(std::size_t choice);
  Outcome enter();
  Outcome escape();
  [[nodiscard]] std::string key_of(std::size_t choice) const;
  [[nodiscard]] const std::string& preview_of(std::size_t choice);

  const ChoiceRequest& request_;
  EditBuffer typed_;
  std::vector<std::size_t> shown_;               ///< choices, in the order they stand in
  std::size_t place_ = ChoiceRequest::none;      ///< in shown_; none: nothing is selected
  std::set<std::size_t> marked_;                 ///< choices
  bool after_comma_ = false;                     ///< nothing is typed but that, behind a mark
  bool wording_ = false;                         ///< the person's own words are typed, nothing else
  bool is_below_all_ = false;                    ///< what it is about stands above, whole
  std::string notice_;                           ///< why Enter did nothing
  std::map<std::size_t, std::string> previews_;  ///< asked so far
};

}  // namespace errand::repl
