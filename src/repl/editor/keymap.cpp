#include "repl/editor/keymap.hpp"

#include <algorithm>
#include <array>

namespace errand::repl {

namespace {

using terminal::KeyCode;
using terminal::Modifiers;

constexpr Modifiers none{};
constexpr Modifiers ctrl{.ctrl = true};
constexpr Modifiers alt{.alt = true};
constexpr Modifiers shift{.shift = true};
constexpr Modifiers ctrl_alt{.alt = true, .ctrl = true};
constexpr Modifiers ctrl_shift{.shift = true, .ctrl = true};

constexpr Binding on(Modifiers with, char letter, Command command) {
  return {KeyCode::text, with, letter, command};
}
constexpr Binding on(Modifiers with, KeyCode code, Command command) {
  return {code, with, 0, command};
}

constexpr std::array emacs = {
    on(none, KeyCode::enter, Command::submit),
    on(alt, KeyCode::enter, Command::newline),
    on(shift, KeyCode::enter, Command::newline),
    on(ctrl, KeyCode::enter, Command::newline),
    on(ctrl, 'j', Command::newline),
    on(ctrl, 'm', Command::submit),
    on(ctrl, 'c', Command::interrupt),
    on(ctrl, 'd', Command::end_of_input),
    on(ctrl, 'z', Command::suspend),
    on(ctrl, '\\', Command::quit),
    on(ctrl, 'b', Command::left),
    on(none, KeyCode::left, Command::left),
    on(ctrl, 'f', Command::right),
    on(none, KeyCode::right, Command::right),
    on(alt, 'b', Command::word_left),
    on(alt, KeyCode::left, Command::word_left),
    on(ctrl, KeyCode::left, Command::word_left),
    on(alt, 'f', Command::word_right),
    on(alt, KeyCode::right, Command::word_right),
    on(ctrl, KeyCode::right, Command::word_right),
    on(ctrl, 'a', Command::line_start),
    on(none, KeyCode::home, Command::line_start),
    on(ctrl, 'e', Command::line_end),
    on(none, KeyCode::end, Command::line_end),
    on(alt, '<', Command::text_start),
    on(ctrl, KeyCode::home, Command::text_start),
    on(alt, '>', Command::text_end),
    on(ctrl, KeyCode::end, Command::text_end),
    on(ctrl, 'p', Command::up),
    on(none, KeyCode::up, Command::up),
    on(ctrl, 'n', Command::down),
    on(none, KeyCode::down, Command::down),
    on(ctrl, 'h', Command::erase_left),
    on(none, KeyCode::backspace, Command::erase_left),
    on(shift, KeyCode::backspace, Command::erase_left),
    on(none, KeyCode::remove, Command::erase_right),
    on(ctrl, 'k', Command::kill_to_line_end),
    on(ctrl, 'u', Command::kill_to_line_start),
    on(ctrl, 'w', Command::kill_space_word_left),
    on(alt, KeyCode::backspace, Command::kill_word_left),
    on(ctrl, KeyCode::backspace, Command::kill_word_left),
    on(ctrl_alt, 'h', Command::kill_word_left),
    on(alt, 'd', Command::kill_word_right),
    on(ctrl, KeyCode::remove, Command::kill_word_right),
    on(alt, KeyCode::remove, Command::kill_word_right),
    on(ctrl, 'y', Command::yank),
    on(alt, 'y', Command::yank_pop),
    on(ctrl, '_', Command::undo),
    on(ctrl, '/', Command::undo),
    on(alt, '_', Command::redo),
    on(ctrl_shift, 'z', Command::redo),
    on(ctrl, 't', Command::transpose),
    on(alt, 't', Command::transpose_words),
    on(alt, 'u', Command::upper_word),
    on(alt, 'l', Command::lower_word),
    on(alt, 'c', Command::capitalize_word),
    on(ctrl, 'l', Command::clear_screen),
    on(ctrl, 'g', Command::open_editor),
    on(ctrl, 'r', Command::search_back),
    on(ctrl, 's', Command::search_forward),
    on(alt, '.', Command::last_argument),
    on(none, KeyCode::tab, Command::complete),
    on(shift, KeyCode::tab, Command::complete_back),
    on(none, KeyCode::escape, Command::escape),
    on(alt, KeyCode::escape, Command::escape),
    on(ctrl, 'x', Command::prefix),
};

constexpr std::array after_prefix = {
    on(ctrl, 'e', Command::open_editor),
    on(ctrl, 'u', Command::undo),
    on(none, 'u', Command::undo),
};

bool is_bound_by(const terminal::Key& key, const Binding& binding) {
  if (key.code != binding.code || key.with != binding.with) return false;
  return key.code != KeyCode::text || (key.text.size() == 1 && key.text.front() == binding.letter);
}

}  // namespace

std::span<const Binding> emacs_keys() {
  return emacs;
}

std::span<const Binding> after_prefix_keys() {
  return after_prefix;
}

Command command_of(const terminal::Key& key, std::span<const Binding> table) {
  const auto found = std::ranges::find_if(table, [&](const Binding& binding) { return is_bound_by(key, binding); });
  if (found != table.end()) return found->command;
  return key.code == KeyCode::text && !key.with.ctrl && !key.with.alt ? Command::type : Command::none;
}

bool is_interrupt(const terminal::Key& key) {
  return key.code == terminal::KeyCode::text && key.with == terminal::Modifiers{.ctrl = true} && key.text == "c";
}

}  // namespace errand::repl
