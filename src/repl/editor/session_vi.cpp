// The keys of vi: a line begins in insert mode, where the other table holds; Esc leaves it.

#include <algorithm>
#include <utility>

#include "repl/editor/line_session.hpp"

namespace errand::repl {

namespace {

constexpr std::size_t max_count = 999;

bool is_operator(char letter) {
  return letter == 'd' || letter == 'c' || letter == 'y';
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
    return Outcome::go_on;
  }
  if (is_escape) {
    pending_ = {};
    return Outcome::go_on;
  }
  if (key.code == terminal::KeyCode::paste) {
    vi_insert();
    return std::nullopt;
  }
  const bool is_letter = key.code == terminal::KeyCode::text && !key.with.ctrl && !key.with.alt;
  if (!is_letter) {
    const bool redoes = key.code == terminal::KeyCode::text && key.with.ctrl && key.text == "r";
    if (!redoes) return std::nullopt;
    buffer_.redo();
    return Outcome::go_on;
  }
  if (key.text == "v") return Outcome::open_editor;
  if (key.text.size() == 1) vi_command(key.text.front());
  return Outcome::go_on;
}

// Where the motion leads; the cursor stays.
std::optional<std::size_t> LineSession::vi_motion(char motion) {
  const auto start = buffer_.cursor();
  switch (motion) {
    case 'h':
      if (start > buffer_.line_start()) buffer_.left();
      break;
    case 'l':
    case ' ':
      if (start < buffer_.line_end()) buffer_.right();
      break;
    case 'w':
      buffer_.word_right();
      while (!buffer_.at_end() &&
             unicode::category_of(buffer_.text().substr(buffer_.cursor(), 4)) == unicode::Category::space)
        buffer_.right();
      break;
    case 'b':
      buffer_.word_left();
      break;
    case 'e':
      buffer_.word_end();
      break;
    case '0':
    case '^':
      buffer_.to_line_start();
      break;
    case '$':
      buffer_.to_line_end();
      break;
    case 'G':
      buffer_.to_end();
      break;
    case 'g':
      buffer_.to_start();
      break;
    default:
      return std::nullopt;
  }
  const auto out = buffer_.cursor();
  buffer_.move_to(start);
  return out;
}

void LineSession::vi_operate(char op, char motion) {
  const auto here = buffer_.cursor();
  std::size_t from = here;
  std::size_t to = here;
  if (motion == op) {
    from = buffer_.line_start();
    to = buffer_.line_end();
  } else {
    const auto there = vi_motion(motion == 'w' && op == 'c' ? 'e' : motion);
    if (!there) return;
    from = std::min(here, *there);
    to = std::max(here, *there);
    if (motion == 'e' || (motion == 'w' && op == 'c')) to = unicode::next_grapheme(buffer_.text(), to);
  }
  buffer_.kill(from, to);
  if (op == 'y') {
    buffer_.undo();
    buffer_.move_to(from);
  }
  if (op == 'c') vi_insert();
}

void LineSession::vi_command(char letter) {
  const auto digit = letter >= '0' && letter <= '9' && (letter != '0' || pending_.count > 0);
  if (digit) {
    pending_.count = std::min(pending_.count * 10 + static_cast<std::size_t>(letter - '0'), max_count);
    return;
  }
  const auto count = std::max<std::size_t>(pending_.count, 1);
  if (pending_.op != 0) {
    const auto op = std::exchange(pending_, {}).op;
    for (std::size_t i = 0; i < count; ++i) vi_operate(op, letter);
    return;
  }
  if (is_operator(letter)) {
    pending_.op = letter;
    return;
  }
  pending_ = {};
  switch (letter) {
    case 'i':
      return vi_insert();
    case 'I':
      buffer_.to_line_start();
      return vi_insert();
    case 'a':
      if (buffer_.cursor() < buffer_.line_end()) buffer_.right();
      return vi_insert();
    case 'A':
      buffer_.to_line_end();
      return vi_insert();
    case 'o':
      buffer_.to_line_end();
      buffer_.insert_whole("\n");
      return vi_insert();
    case 'C':
      vi_operate('c', '$');
      return;
    case 'D':
      vi_operate('d', '$');
      return;
    case 'S':
      vi_operate('c', 'c');
      return;
    case 'u':
      buffer_.undo();
      return;
    case 'p':
      buffer_.right();
      buffer_.yank();
      return;
    case 'P':
      buffer_.yank();
      return;
    default:
      break;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (letter == 'x') {
      buffer_.kill(buffer_.cursor(), unicode::next_grapheme(buffer_.text(), buffer_.cursor()));
    } else if (letter == 'j') {
      if (!buffer_.down()) newer();
    } else if (letter == 'k') {
      if (!buffer_.up()) older();
    } else if (const auto there = vi_motion(letter)) {
      buffer_.move_to(*there);
    }
  }
}

}  // namespace errand::repl
