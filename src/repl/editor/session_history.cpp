// What a session does with lines of before: Up and Down, Ctrl-R, ghost text.

#include <algorithm>

#include "base/text.hpp"
#include "repl/editor/line_session.hpp"

namespace errand::repl {

namespace {

// So many of the newest lines are looked through for a ghost, at each key.
constexpr std::size_t max_ghost_lines = 2000;

}  // namespace

void LineSession::begin_walk() {
  if (walk_ && walk_->shown == buffer_.text()) return;
  walk_ = Walk{.at = history_.size(), .prefix = text(), .draft = buffer_.text(), .shown = {}};
}

bool LineSession::walk_to(std::size_t at) {
  walk_->at = at;
  const auto shown = at == history_.size() ? walk_->draft : folded_again(history_[at]);
  buffer_.replace(shown, shown.size());
  walk_->shown = shown;
  return true;
}

// Only lines that begin with what was typed.
void LineSession::older() {
  if (is_answer()) return;
  begin_walk();
  for (auto at = walk_->at; at > 0; --at) {
    const auto& line = history_[at - 1];
    if (line.starts_with(walk_->prefix) && line != text()) {
      walk_to(at - 1);
      return;
    }
  }
}

void LineSession::newer() {
  if (!walk_ || walk_->shown != buffer_.text()) return;
  for (auto at = walk_->at + 1; at < history_.size(); ++at) {
    if (history_[at].starts_with(walk_->prefix) && history_[at] != text()) {
      walk_to(at);
      return;
    }
  }
  if (walk_->at < history_.size()) walk_to(history_.size());
}

std::string LineSession::ghost() const {
  const auto& text = buffer_.text();
  if (is_answer() || text.empty() || !buffer_.at_end() || menu_) return {};
  const auto last = history_.size() - std::min(history_.size(), max_ghost_lines);
  for (auto at = history_.size(); at > last; --at) {
    const auto& line = history_[at - 1];
    if (line.size() > text.size() && line.starts_with(text)) return line.substr(text.size());
  }
  return {};
}

bool LineSession::take_ghost() {
  const auto rest = ghost();
  if (rest.empty()) return false;
  buffer_.insert_whole(folded(rest));
  return true;
}

// The last word of the newest line before; again, of the one before that.
void LineSession::last_argument() {
  if (is_answer()) return;
  const bool goes_on = argument_ && argument_->shown == buffer_.text();
  const auto from = goes_on ? argument_->from : buffer_.cursor();
  for (auto at = goes_on ? argument_->at : history_.size(); at > 0; --at) {
    const auto line = text::trim(history_[at - 1]);
    const auto word = line.substr(line.find_last_of(" \t\n") + 1);
    if (word.empty()) continue;
    buffer_.replace_before(from, folded(std::string(word)));
    argument_ = Argument{.at = at - 1, .from = from, .shown = buffer_.text()};
    return;
  }
}

void LineSession::end_search() {
  if (!search_->query.empty()) last_search_ = *search_;
  search_.reset();
}

// The same as last time, further on.
void LineSession::search_again(Direction direction) {
  if (is_answer() || last_search_.query.empty()) return;
  search_ = last_search_;
  if (direction == Direction::older)
    search_from(search_->at);
  else
    search_newer();
  end_search();
}

void LineSession::begin_search(SearchEnd end) {
  if (is_answer()) return;
  menu_.reset();
  search_ = Search{
      .end = end, .query = {}, .at = history_.size(), .before = buffer_.text(), .cursor_before = buffer_.cursor()};
}

// The newest line before `end` that holds the query.
void LineSession::search_from(std::size_t end) {
  for (auto at = std::min(end, history_.size()); at > 0; --at) {
    const auto found = history_[at - 1].find(search_->query);
    if (found == std::string::npos) continue;
    search_->at = at - 1;
    search_->failed = false;
    const auto shown = folded_again(history_[at - 1]);
    buffer_.replace(shown, std::min(found, shown.size()));
    return;
  }
  search_->failed = true;
}

void LineSession::search_newer() {
  for (auto at = search_->at + 1; at < history_.size(); ++at) {
    if (history_[at].find(search_->query) == std::string::npos) continue;
    search_from(at + 1);
    return;
  }
  search_->failed = true;
}

// nullopt: the search is over, and the key goes to what was found.
std::optional<Outcome> LineSession::press_in_search(const terminal::Key& key, Command command) {
  bool stays = false;
  switch (command) {
    case Command::type:
      search_->query += key.text;
      search_from(search_->at == history_.size() ? search_->at : search_->at + 1);
      return Outcome::go_on;
    case Command::erase_left:
      search_->query.erase(unicode::previous_grapheme(search_->query, search_->query.size()));
      if (!search_->query.empty()) search_from(history_.size());
      return Outcome::go_on;
    case Command::search_back:
      if (search_->query.empty()) search_->query = last_search_.query;
      if (!search_->query.empty()) search_from(search_->at);
      return Outcome::go_on;
    case Command::submit:
      stays = search_->end == SearchEnd::stays;
      end_search();
      return stays ? std::optional(Outcome::go_on) : std::nullopt;
    case Command::search_forward:
      search_newer();
      return Outcome::go_on;
    case Command::interrupt:
    case Command::open_editor:  // Ctrl-G gives a search up, as in readline
      buffer_.replace(search_->before, search_->cursor_before);
      end_search();
      return Outcome::go_on;
    case Command::escape:
      end_search();
      return Outcome::go_on;
    default:
      end_search();
      return std::nullopt;
  }
}

}  // namespace errand::repl
