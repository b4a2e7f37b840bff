#include "store/search_snippet.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include "base/unicode.hpp"
#include "store/search_tokens.hpp"

namespace errand::store {

namespace {

constexpr std::size_t max_snippet_bytes = 240;
// Shown before the first hit, so that it stands in its sentence.
constexpr std::size_t lead_bytes = 60;
// So much of it may go to begin at a word.
constexpr std::size_t word_bytes = 20;
// A snippet is chosen among the first of them.
constexpr std::size_t max_occurrences = 200;

// All tokens at one place of a text: a word and its parts.
struct Spot {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::string> tokens;
};

bool holds(const Spot& spot, const std::string& token, Phrase::Last last) {
  return std::any_of(spot.tokens.begin(), spot.tokens.end(), [&](const std::string& own) {
    return last == Phrase::Last::beginning ? own.starts_with(token) : own == token;
  });
}

// Walks over a text with as many of its last places in view as the longest phrase has tokens.
class Finder {
 public:
  explicit Finder(const ParsedQuery& query) : query_(query) {
    for (const auto& term : query.wanted) {
      for (const auto& phrase : term) {
        longest_ = std::max(longest_, phrase.tokens.size());
        tokens_.insert(tokens_.end(), phrase.tokens.begin(), phrase.tokens.end());
      }
    }
  }

  std::vector<Occurrence> run(std::string_view text) {
    for_each_token(text, [&](const SearchToken& token) {
      if (token.place == SearchToken::Place::next || spots_.empty()) {
        look();
        spots_.push_back({token.begin, token.end, {}});
        if (spots_.size() > longest_) spots_.pop_front();
      }
      if (!is_asked_for(token.text)) return true;
      spots_.back().tokens.emplace_back(token.text);
      if (token.kind == SearchToken::Kind::name) spots_.back().end = token.end;
      return found_.size() < max_occurrences;
    });
    look();
    std::sort(found_.begin(), found_.end(), [](const Occurrence& a, const Occurrence& b) { return a.begin < b.begin; });
    return std::move(found_);
  }

 private:
  // Most of a text is not: it need not be kept.
  [[nodiscard]] bool is_asked_for(std::string_view token) const {
    return std::any_of(tokens_.begin(), tokens_.end(), [&](const std::string& t) { return token.starts_with(t); });
  }

  void look() {
    if (spots_.empty() || spots_.back().tokens.empty()) return;
    for (std::size_t i = 0; i < query_.wanted.size(); ++i) {
      for (const auto& phrase : query_.wanted[i]) {
        if (!ends_here(phrase)) continue;
        found_.push_back({spots_[spots_.size() - phrase.tokens.size()].begin, spots_.back().end, i});
        break;
      }
    }
  }

  [[nodiscard]] bool ends_here(const Phrase& phrase) const {
    const auto count = phrase.tokens.size();
    if (count > spots_.size()) return false;
    for (std::size_t i = 0; i < count; ++i) {
      const auto last = i + 1 == count ? phrase.last : Phrase::Last::whole;
      if (!holds(spots_[spots_.size() - count + i], phrase.tokens[i], last)) return false;
    }
    return true;
  }

  const ParsedQuery& query_;
  std::size_t longest_ = 1;
  std::vector<std::string> tokens_;
  std::deque<Spot> spots_;
  std::vector<Occurrence> found_;
};

// The occurrence from which on most different terms stand within a snippet's length.
const Occurrence& best_start(const std::vector<Occurrence>& occurrences) {
  const auto* best = &occurrences.front();
  std::size_t most = 0;
  for (std::size_t i = 0; i < occurrences.size(); ++i) {
    std::set<std::size_t> terms;
    for (auto k = i;
         k < occurrences.size() && occurrences[k].end <= occurrences[i].begin + max_snippet_bytes - lead_bytes; ++k) {
      terms.insert(occurrences[k].term);
    }
    if (terms.size() <= most) continue;
    most = terms.size();
    best = &occurrences[i];
  }
  return *best;
}

// At a blank where there is one near.
std::size_t begin_before(std::string_view text, std::size_t hit) {
  if (hit <= lead_bytes) return 0;
  const auto from = hit - lead_bytes;
  const auto blank = text.find_first_of(" \n\t", from);
  return blank < from + word_bytes ? blank + 1 : unicode::char_border_before(text, from);
}

std::size_t end_after(std::string_view text, std::size_t begin, std::size_t hit_end) {
  const auto most = std::max(begin + max_snippet_bytes, hit_end);
  if (most >= text.size()) return text.size();
  const auto blank = text.find_last_of(" \n\t", most);
  const bool near = blank != std::string_view::npos && blank >= hit_end && blank + lead_bytes > most;
  return near ? blank : unicode::char_border_before(text, most);
}

// Appends pieces as one line, neighbours of one kind together.
class Line {
 public:
  void put(std::string_view text, SnippetPart::Kind kind) {
    if (text.empty()) return;
    if (parts_.empty() || parts_.back().kind != kind) parts_.push_back({"", kind});
    for (const char c : text) {
      const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
      if (blank && after_blank_) continue;
      parts_.back().text += blank ? ' ' : c;
      after_blank_ = blank;
    }
    if (parts_.back().text.empty()) parts_.pop_back();
  }
  std::vector<SnippetPart> take() {
    if (!parts_.empty() && parts_.back().text.ends_with(' ')) parts_.back().text.pop_back();
    if (!parts_.empty() && parts_.back().text.empty()) parts_.pop_back();
    return std::move(parts_);
  }

 private:
  std::vector<SnippetPart> parts_;
  bool after_blank_ = true;
};

}  // namespace

std::vector<Occurrence> occurrences_in(std::string_view text, const ParsedQuery& query) {
  return Finder(query).run(text);
}

Snippet snippet_of(std::string_view text, const std::vector<Occurrence>& occurrences) {
  using Kind = SnippetPart::Kind;
  const auto first = occurrences.empty() ? Occurrence{} : best_start(occurrences);
  const auto begin = begin_before(text, first.begin);
  const auto end = end_after(text, begin, first.end);
  Line line;
  if (begin > 0) line.put("… ", Kind::context);
  auto at = begin;
  for (const auto& occurrence : occurrences) {
    if (occurrence.end > end) break;
    if (occurrence.end <= at) continue;
    const auto from = std::max(occurrence.begin, at);
    line.put(text.substr(at, from - at), Kind::context);
    line.put(text.substr(from, occurrence.end - from), Kind::hit);
    at = occurrence.end;
  }
  line.put(text.substr(at, end - at), Kind::context);
  if (end < text.size()) line.put(" …", Kind::context);
  return {line.take(), first.begin};
}

}  // namespace errand::store
