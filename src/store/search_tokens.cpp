#include "store/search_tokens.hpp"

#include <algorithm>

#include "base/letters.hpp"
#include "base/unicode.hpp"

namespace errand::store {

namespace {

using letters::Character;
using letters::Kind;

// More parts than a name that somebody thought of has: base64 and the like.
constexpr std::size_t max_parts = 8;

// "notepad++": longer words have no such signs in their names.
constexpr std::size_t max_named_bytes = 8;

bool is_of_word(Kind kind) {
  return kind == Kind::lower || kind == Kind::upper || kind == Kind::digit || kind == Kind::mark;
}

// A character of the run that is read, and where it stands.
struct Placed {
  Character character;
  std::size_t at = 0;

  [[nodiscard]] std::size_t end() const { return at + character.bytes; }
};

class Tokenizer {
 public:
  Tokenizer(std::string_view text, const std::function<bool(const SearchToken&)>& take) : text_(text), take_(take) {}

  void run() {
    std::size_t at = 0;
    while (at < text_.size() && !stopped_) {
      const auto character = letters::first_of(text_.substr(at));
      if (character.kind == Kind::unspaced) {
        at = read_unspaced(at);
      } else if (character.kind == Kind::symbol) {
        emit(at, at + character.bytes, SearchToken::Kind::word, SearchToken::Place::next);
        at += character.bytes;
      } else if (is_of_word(character.kind) && character.kind != Kind::mark) {
        at = read_word(at);
      } else {
        at += character.bytes;
      }
    }
  }

 private:
  std::size_t read_word(std::size_t from) {
    parts_.assign(1, from);
    auto before = Kind::separator;
    std::size_t last_upper = from;
    auto at = from;
    while (at < text_.size()) {
      const auto character = letters::first_of(text_.substr(at));
      if (!is_of_word(character.kind)) break;
      if (character.kind == Kind::upper) {
        // "parseJson", "Http2Server": a capital after anything else begins a part.
        if (before == Kind::lower || before == Kind::digit) parts_.push_back(at);
        last_upper = at;
      } else if (character.kind == Kind::lower && before == Kind::upper && last_upper > parts_.back()) {
        parts_.push_back(last_upper);  // "HTTPServer": the last capital of several is the next part's
      }
      if (character.kind != Kind::mark) before = character.kind;
      at += character.bytes;
    }
    emit(from, at, SearchToken::Kind::word, SearchToken::Place::next);
    if (const auto end = end_of_name(at); end > at && at - from <= max_named_bytes) {
      emit(from, end, SearchToken::Kind::name, SearchToken::Place::same);
    }
    if (parts_.size() > 1 && parts_.size() <= max_parts && at - from <= max_token_bytes) emit_parts(at);
    return at;
  }

  // Behind the signs that belong to the word which ends at `at`.
  [[nodiscard]] std::size_t end_of_name(std::size_t at) const {
    const auto rest = text_.substr(at);
    const std::size_t signs = rest.starts_with("++") ? 2 : rest.starts_with('#') ? 1 : 0;
    if (signs == rest.size()) return at + signs;
    const auto next = letters::first_of(rest.substr(signs)).kind;
    const bool is_version = signs == 2 && next == Kind::digit;  // "C++20"
    return !is_of_word(next) || is_version ? at + signs : at;
  }

  void emit_parts(std::size_t end) {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const auto part_end = i + 1 < parts_.size() ? parts_[i + 1] : end;
      emit(parts_[i], part_end, SearchToken::Kind::part, SearchToken::Place::same);
    }
  }

  std::size_t read_unspaced(std::size_t from) {
    Placed before{letters::first_of(text_.substr(from)), from};
    auto at = before.end();
    std::size_t pairs = 0;
    while (at < text_.size() && !stopped_) {
      const Placed next{letters::first_of(text_.substr(at)), at};
      if (next.character.kind != Kind::unspaced) break;
      emit(before.at, next.end(), SearchToken::Kind::pair, SearchToken::Place::next);
      ++pairs;
      before = next;
      at = next.end();
    }
    emit(before.at, before.end(), SearchToken::Kind::last,
         pairs > 0 ? SearchToken::Place::same : SearchToken::Place::next);
    return at;
  }

  void emit(std::size_t begin, std::size_t end, SearchToken::Kind kind, SearchToken::Place place) {
    folded_.clear();
    for (auto at = begin; at < end && folded_.size() <= max_token_bytes;) {
      const auto character = letters::first_of(text_.substr(at));
      letters::append_folded(folded_, character);
      at += character.bytes;
    }
    if (folded_.size() > max_token_bytes) folded_.resize(unicode::char_border_before(folded_, max_token_bytes));
    if (folded_.empty() || stopped_) return;
    stopped_ = !take_({folded_, begin, end, kind, place});
  }

  std::string_view text_;
  const std::function<bool(const SearchToken&)>& take_;
  std::vector<std::size_t> parts_;  // where the parts of the word begin
  std::string folded_;
  bool stopped_ = false;
};

}  // namespace

void for_each_token(std::string_view text, const std::function<bool(const SearchToken&)>& take) {
  Tokenizer(text, take).run();
}

}  // namespace errand::store
