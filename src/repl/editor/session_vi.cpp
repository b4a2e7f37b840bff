// The keys of vi: a line begins in insert mode, where the other table holds; Esc leaves it.

#include <algorithm>
#include <utility>

#include "repl/editor/line_session.hpp"
#include "repl/editor/vi_motions.hpp"

namespace errand::repl {

namespace {

constexpr std::size_t max_count = 999;

bool is_one_of(char letter, std::string_view letters) {
  return letters.find(letter) != std::string_view::npos;
}

// `ge` and `gE`, as one letter.
constexpr char back_to_end = '\x01';
constexpr char back_to_big_end = '\x02';

bool is_operator(char letter) {
  return is_one_of(letter, "dcy");
}

bool is_character(const terminal::Key& key) {
  return key.code == terminal::KeyCode::text && !key.with.ctrl && !key.with.alt;
}

}  // namespace

void LineSession::vi_insert() {
  vi_ = ViMode::insert;
  pending_ = {};
}

// nullopt: the key means what it does in every table.
std::optional<Outcome> LineSession::press_vi(const terminal::Key& key) {
  const bool is_escape = key.code == terminal::KeyCode::escape;
  if (vi_ == ViMode::insert) {
    if (!is_escape) return std::nullopt;
    vi_ = ViMode::normal;
    if (buffer_.cursor() > buffer_.line_start()) buffer_.left();
    end_vi_command();
    if (!vi_repeats_) buffer_.end_change();
    return Outcome::go_on;
  }
  if (is_escape) {
    pending_ = {};
    return Outcome::go_on;
  }
  if (key.code == terminal::KeyCode::paste) {
    buffer_.begin_change();
    vi_insert();
    return std::nullopt;
  }
  if (!is_character(key)) {
    pending_ = {};
    const bool redoes =
        key.code == terminal::KeyCode::text && key.with == terminal::Modifiers{.ctrl = true} && key.text == "r";
    if (!redoes) return std::nullopt;
    buffer_.redo();
    return Outcome::go_on;
  }
  if (pending_.is_idle() && key.text == "v") return Outcome::open_editor;
  if (pending_.is_idle()) {
    vi_keys_.clear();
    vi_before_ = buffer_.text();
    if (!vi_repeats_) buffer_.begin_change();
  }
  vi_keys_.push_back(key);
  press_vi_character(key.text);
  if (vi_ == ViMode::insert || !pending_.is_idle()) return Outcome::go_on;
  end_vi_command();
  buffer_.step_off_line_end();
  if (!vi_repeats_) buffer_.end_change();
  return Outcome::go_on;
}

// What changed the text can be done again. Not what goes to another text: undo and the history.
void LineSession::end_vi_command() {
  const auto keys = std::exchange(vi_keys_, {});
  if (keys.empty() || buffer_.text() == vi_before_) return;
  const auto last_count = std::ranges::find_if_not(
      keys, [](const terminal::Key& key) { return key.text.size() == 1 && is_one_of(key.text.front(), "0123456789"); });
  if (last_count != keys.end() && !is_one_of(last_count->text.front(), "ujk.nN/")) vi_change_ = keys;
}

void LineSession::vi_repeat(std::size_t count) {
  const auto keys = vi_change_;
  vi_repeats_ = true;
  for (std::size_t i = 0; i < count; ++i) {
    for (const auto& key : keys) {
      const auto before = vi_;
      press(key);
      // What is completed may have changed: an Esc that closed a menu then ends the insert, and what is behind it was
      // text.
      if (before == ViMode::insert && vi_ == ViMode::normal) break;
    }
  }
  menu_.reset();
  search_.reset();
  if (vi_ == ViMode::insert) press_vi({.code = terminal::KeyCode::escape});
  vi_repeats_ = false;
  vi_change_ = keys;
}

void LineSession::press_vi_character(const std::string& text) {
  if (const auto wants = std::exchange(pending_.wants, 0); wants != 0) return vi_with_second(wants, text);
  if (text.size() != 1) {
    pending_ = {};
    return;
  }
  // The line of that number, as gg with one.
  const char letter = text == "G" && pending_.count > 0 ? 'g' : text.front();
  if (letter != text.front()) return vi_with_second(letter, "g");
  const bool digit = letter >= '0' && letter <= '9' && (letter != '0' || pending_.count > 0);
  if (digit) {
    pending_.count = std::min(pending_.count * 10 + static_cast<std::size_t>(letter - '0'), max_count);
  } else if (is_one_of(letter, "fFtTg") || (pending_.op != 0 && is_one_of(letter, "ia")) ||
             (pending_.op == 0 && letter == 'r')) {
    pending_.wants = letter;
  } else if (pending_.op == 0 && is_operator(letter)) {
    pending_.op = letter;
    pending_.op_count = std::exchange(pending_.count, 0);
  } else {
    const auto pending = std::exchange(pending_, {});
    if (pending.op == 0) return vi_command(letter, pending.times());
    vi_operate(pending.op, letter, pending.times());
  }
}

// The character that f, r, g or a text object waited for; one that means nothing ends the command.
void LineSession::vi_with_second(char first, const std::string& second) {
  const auto pending = std::exchange(pending_, {});
  if (first == 'r') return vi_replace(second, pending.times());
  if (first == 'i' || first == 'a') {
    const auto span = second.size() == 1 ? vi_object(buffer_.text(), buffer_.cursor(), first, second.front())
                                         : std::optional<ViSpan>();
    if (span) vi_operate_on(pending.op, span->from, span->to);
    return;
  }
  if (first != 'g') vi_search_ = {first, second};
  const auto motion = first != 'g'    ? first
                      : second == "g" ? 'g'
                      : second == "e" ? back_to_end
                      : second == "E" ? back_to_big_end
                                      : char{0};
  if (motion == 0) return;
  if (pending.op != 0) return vi_operate(pending.op, motion, pending.times());
  if (const auto there = vi_motion(motion, pending.times())) buffer_.move_to(there->at);
}

std::optional<LineSession::ViTarget> LineSession::vi_search_target(char motion, std::size_t count) const {
  if (vi_search_.key == 0) return std::nullopt;
  const bool again = motion == ';' || motion == ',';
  const auto search = motion == ',' ? vi_reversed(vi_search_) : vi_search_;
  const auto there = vi_find(buffer_.text(), buffer_.cursor(), search, count, again ? ViTry::again : ViTry::first);
  if (!there) return std::nullopt;
  return ViTarget{*there, is_one_of(search.key, "ft")};
}

// Where the motion leads; the cursor stays.
std::optional<LineSession::ViTarget> LineSession::vi_motion(char motion, std::size_t count) const {
  if (is_one_of(motion, "fFtT;,")) return vi_search_target(motion, count);
  const auto& text = buffer_.text();
  auto at = buffer_.cursor();
  const auto words = is_one_of(motion, "WBE") ? ViWords::big : ViWords::small;
  switch (motion) {
    case '0':
      return ViTarget{buffer_.line_start(), false};
    case '^':
      return ViTarget{vi_first_of_line(text, at), false};
    case '$':
      return ViTarget{buffer_.line_end(), false};
    case 'G':
      return ViTarget{vi_first_of_line(text, text.size()), false};
    case 'g':
      return ViTarget{vi_first_of_line(text, vi_line(text, count)), false};
    default:
      break;
  }
  const bool goes_back_to_end = motion == back_to_end || motion == back_to_big_end;
  if (!goes_back_to_end && !is_one_of(motion, "hl wWbBeE")) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    if (motion == 'h' && at > buffer_.line_start()) at = unicode::previous_grapheme(text, at);
    if ((motion == 'l' || motion == ' ') && at < buffer_.line_end()) at = unicode::next_grapheme(text, at);
    if (is_one_of(motion, "wW")) at = vi_next_word(text, at, words);
    if (is_one_of(motion, "bB")) at = vi_previous_word(text, at, words);
    if (is_one_of(motion, "eE")) at = vi_word_end(text, at, words);
    if (goes_back_to_end) at = vi_previous_word_end(text, at, motion == back_to_end ? ViWords::small : ViWords::big);
  }
  return ViTarget{at, is_one_of(motion, "eE")};
}

// To change a word leaves what is behind it: the first ends with what the cursor is on, be that its last letter.
std::size_t LineSession::vi_end_of_words(char motion, std::size_t count) const {
  const auto& text = buffer_.text();
  const auto words = motion == 'W' ? ViWords::big : ViWords::small;
  auto end = vi_run_end(text, buffer_.cursor(), words);
  for (std::size_t i = 1; i < count && end < buffer_.line_end(); ++i)
    end = unicode::next_grapheme(text, vi_word_end(text, unicode::previous_grapheme(text, end), words));
  return end;
}

void LineSession::vi_operate(char op, char motion, std::size_t count) {
  if (motion == op || is_one_of(motion, "jkGg")) return vi_operate_on_lines(op, motion, count);
  const auto here = buffer_.cursor();
  const bool changes_word = op == 'c' && is_one_of(motion, "wW");
  const auto there = changes_word ? ViTarget{vi_end_of_words(motion, count), false} : vi_motion(motion, count);
  if (!there) return;
  const auto from = std::min(here, there->at);
  auto to = std::max(here, there->at);
  if (there->takes_it) to = unicode::next_grapheme(buffer_.text(), to);
  if (is_one_of(motion, "wW") && here < buffer_.line_end()) to = std::min(to, std::max(buffer_.line_end(), here));
  vi_operate_on(op, from, to);
}

void LineSession::vi_operate_on(char op, std::size_t from, std::size_t to) {
  if (op == 'y') {
    buffer_.copy(from, to);
    buffer_.move_to(from);
    return;
  }
  buffer_.kill(from, to);
  buffer_.move_to(from);
  if (op == 'c') vi_insert();
}

// The characters from the cursor on become others; nothing does where the line has not so many.
void LineSession::vi_change_characters(std::size_t count,
                                       const std::function<std::string(const std::string&)>& changed) {
  const auto& text = buffer_.text();
  auto end = buffer_.cursor();
  auto last = end;
  std::string made;
  for (std::size_t i = 0; i < count && end < buffer_.line_end(); ++i) {
    const auto next = unicode::next_grapheme(text, end);
    last = buffer_.cursor() + made.size();
    made += changed(text.substr(end, next - end));
    end = next;
  }
  if (made.empty()) return;
  buffer_.replace(text.substr(0, buffer_.cursor()) + made + text.substr(end), last);
}

void LineSession::vi_replace(const std::string& character, std::size_t count) {
  const std::string_view text = buffer_.text();
  auto end = buffer_.cursor();
  for (std::size_t i = 0; i < count; ++i) {
    if (end >= buffer_.line_end()) return;
    end = unicode::next_grapheme(text, end);
  }
  vi_change_characters(count, [&](const std::string&) { return character; });
}

void LineSession::vi_toggle_case(std::size_t count) {
  vi_change_characters(count, [](const std::string& one) {
    const auto upper = unicode::in_case(one, unicode::LetterCase::upper);
    return upper == one ? unicode::in_case(one, unicode::LetterCase::lower) : upper;
  });
  if (buffer_.cursor() < buffer_.line_end()) buffer_.right();
}

// False for a letter that does not begin to insert.
bool LineSession::vi_insert_command(char letter) {
  switch (letter) {
    case 'i':
      break;
    case 'I':
      buffer_.move_to(vi_first_of_line(buffer_.text(), buffer_.cursor()));
      break;
    case 'a':
      if (buffer_.cursor() < buffer_.line_end()) buffer_.right();
      break;
    case 'A':
      buffer_.to_line_end();
      break;
    case 'o':
      buffer_.to_line_end();
      buffer_.insert_whole("\n");
      break;
    case 'O':
      buffer_.to_line_start();
      buffer_.insert_whole("\n");
      buffer_.left();
      break;
    default:
      return false;
  }
  vi_insert();
  return true;
}

// False for a letter that is not short for an operator and a motion.
bool LineSession::vi_short_command(char letter, std::size_t count) {
  switch (letter) {
    case 'x':
      vi_operate('d', 'l', count);
      return true;
    case 'X':
      vi_operate('d', 'h', count);
      return true;
    case 's':
      vi_operate('c', 'l', count);
      return true;
    case 'C':
      vi_operate('c', '$', 1);
      return true;
    case 'D':
      vi_operate('d', '$', 1);
      return true;
    case 'S':
      vi_operate('c', 'c', 1);
      return true;
    case 'Y':
      vi_operate('y', 'y', 1);
      return true;
    default:
      return false;
  }
}

void LineSession::vi_command(char letter, std::size_t count) {
  if (vi_insert_command(letter) || vi_short_command(letter, count)) return;
  if (letter == '.') return vi_repeat(count);
  if (letter == '~') return vi_toggle_case(count);
  if (const auto there = vi_motion(letter, count)) return buffer_.move_to(there->at);
  if (letter == 'p' || letter == 'P') return vi_put(letter, count);
  if (letter == '/') return begin_search(SearchEnd::stays);
  if (letter == 'n' || letter == 'N') return search_again(letter == 'n' ? Direction::older : Direction::newer);
  for (std::size_t i = 0; i < count; ++i) {
    if (letter == 'u') buffer_.undo();
    if (letter == 'j' && !buffer_.down()) newer();
    if (letter == 'k' && !buffer_.up()) older();
  }
}

}  // namespace errand::repl
