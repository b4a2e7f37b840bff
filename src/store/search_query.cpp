#include "store/search_query.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/letters.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "store/search_tokens.hpp"

namespace errand::store {

namespace {

// The beginning of a word: fewer letters begin too many words to be of use, and cost accordingly.
constexpr std::ptrdiff_t min_beginning_letters = 2;

constexpr std::string_view wide_blank = "\xE3\x80\x80";  // U+3000

// One word or phrase as it was typed.
struct Typed {
  enum class Wish { wanted, unwanted };
  std::string_view text;
  Wish wish = Wish::wanted;
  Phrase::Last last = Phrase::Last::whole;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // False at the end.
  bool next(Typed& out) {
    skip_blanks();
    if (rest_.empty()) return false;
    out = {};
    if (begins_exclusion()) {
      out.wish = Typed::Wish::unwanted;
      rest_.remove_prefix(1);
    }
    out.text = rest_.front() == '"' ? take_quoted() : take_word();
    if (rest_.starts_with('*')) {
      rest_.remove_prefix(1);
      out.last = Phrase::Last::beginning;
    }
    return true;
  }

 private:
  static std::size_t blank_at(std::string_view s) {
    if (s.starts_with(wide_blank)) return wide_blank.size();
    const char c = s.front();
    return c == ' ' || (c >= '\t' && c <= '\r') ? 1 : 0;
  }

  void skip_blanks() {
    while (!rest_.empty() && blank_at(rest_) > 0) rest_.remove_prefix(blank_at(rest_));
  }

  // "-word" and "-\"…\"", but neither "-" nor "--option".
  [[nodiscard]] bool begins_exclusion() const {
    if (rest_.size() < 2 || rest_.front() != '-') return false;
    return rest_[1] == '"' || letters::first_of(rest_.substr(1)).kind != letters::Kind::separator;
  }

  // Without its end it goes to the end of the query.
  std::string_view take_quoted() {
    rest_.remove_prefix(1);
    const auto end = std::min(rest_.find('"'), rest_.size());
    const auto out = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return out;
  }

  // Up to a blank; a '*' that ends it stays for next().
  std::string_view take_word() {
    std::size_t end = 0;
    while (end < rest_.size() && blank_at(rest_.substr(end)) == 0) ++end;
    auto out = rest_.substr(0, end);
    if (out.ends_with('*')) out.remove_suffix(1);
    rest_.remove_prefix(out.size());
    return out;
  }

  std::string_view rest_;
};

// What a typed text is made of: its tokens that follow one another, each with its parts.
struct Unit {
  std::string text;
  std::vector<std::string> parts;
  SearchToken::Kind kind = SearchToken::Kind::word;
  enum class Joint { apart, underscore } before = Joint::apart;  // what stands between it and the unit before
};

std::vector<Unit> units_of(std::string_view typed) {
  std::vector<Unit> out;
  std::size_t end = 0;
  for_each_token(typed, [&](const SearchToken& token) {
    if (token.kind == SearchToken::Kind::name) {
      out.back().text = token.text;
    } else if (token.kind == SearchToken::Kind::part) {
      out.back().parts.emplace_back(token.text);
    } else if (token.place == SearchToken::Place::next) {
      const bool joined = !out.empty() && typed.substr(end, token.begin - end) == "_";
      out.push_back({std::string(token.text), {}, token.kind, joined ? Unit::Joint::underscore : Unit::Joint::apart});
      end = token.end;
    }
    return true;
  });
  return out;
}

// "parseJsonValue" as "parse json value".
std::vector<std::string> taken_apart(const std::vector<Unit>& units) {
  std::vector<std::string> out;
  for (const auto& unit : units) {
    if (unit.parts.empty()) {
      out.push_back(unit.text);
    } else {
      out.insert(out.end(), unit.parts.begin(), unit.parts.end());
    }
  }
  return out;
}

// "parse_json_value" as "parsejsonvalue".
std::vector<std::string> put_together(const std::vector<Unit>& units) {
  std::vector<std::string> out;
  for (const auto& unit : units) {
    if (unit.before == Unit::Joint::underscore) {
      out.back() += unit.text;
    } else {
      out.push_back(unit.text);
    }
  }
  const auto too_long = [](const std::string& token) { return token.size() > max_token_bytes; };
  if (std::any_of(out.begin(), out.end(), too_long)) out.clear();
  return out;
}

Term term_of(const std::vector<Unit>& units, Phrase::Last last) {
  std::vector<std::string> as_typed;
  for (const auto& unit : units) as_typed.push_back(unit.text);
  // A pair is found within a run anyway; a single character is the beginning of a pair, or the last of its run.
  if (units.back().kind == SearchToken::Kind::pair) last = Phrase::Last::whole;
  if (units.back().kind == SearchToken::Kind::last) last = Phrase::Last::beginning;
  Term out;
  for (auto tokens : {std::move(as_typed), taken_apart(units), put_together(units)}) {
    Phrase phrase{std::move(tokens), last};
    if (!phrase.tokens.empty() && std::find(out.begin(), out.end(), phrase) == out.end()) {
      out.push_back(std::move(phrase));
    }
  }
  return out;
}

Result<void> check_beginning(const Typed& typed, const std::vector<Unit>& units) {
  const auto& first = units.front();
  const auto letters = std::ranges::count_if(first.text, [](char c) { return !unicode::is_continuation(c); });
  const bool is_short = units.size() == 1 && first.kind == SearchToken::Kind::word && letters < min_beginning_letters;
  if (typed.last == Phrase::Last::whole || !is_short) return {};
  return fail(ErrorKind::usage, fmt::format("\"{}*\" begins too many words", unicode::sanitize(typed.text)),
              fmt::format("write {} letters or more before the \"*\"", min_beginning_letters));
}

std::string phrase_expression(const Phrase& phrase) {
  std::string out = "\"";
  for (const auto& token : phrase.tokens) out += verbatim(token);
  out += '"';
  if (phrase.last == Phrase::Last::beginning) out += " *";
  return out;
}

std::string term_expression(const Term& term) {
  std::vector<std::string> phrases;
  for (const auto& phrase : term) phrases.push_back(phrase_expression(phrase));
  return fmt::format("({})", text::join(phrases, " OR "));
}

std::string terms_expression(const std::vector<Term>& terms, std::string_view operation) {
  std::vector<std::string> parts;
  for (const auto& term : terms) parts.push_back(term_expression(term));
  return fmt::format("text : ({})", text::join(parts, operation));
}

std::string facet_expression(const std::vector<std::string>& group) {
  std::vector<std::string> parts;
  for (const auto& facet : group)
    parts.push_back(fmt::format("\"{}\"", text::replace_all(verbatim(facet), "\"", "\"\"")));
  return fmt::format("facet : ({})", text::join(parts, " OR "));
}

}  // namespace

Result<ParsedQuery> parse_search(std::string_view text) {
  if (text.size() > max_query_bytes) {
    return fail(ErrorKind::usage, fmt::format("a search of {} bytes; {} are allowed", text.size(), max_query_bytes));
  }
  ParsedQuery out;
  Reader reader(text);
  for (Typed typed; reader.next(typed);) {
    const auto units = units_of(typed.text);
    if (units.empty()) continue;  // signs alone
    ERRAND_TRY(check_beginning(typed, units));
    auto& terms = typed.wish == Typed::Wish::wanted ? out.wanted : out.unwanted;
    terms.push_back(term_of(units, typed.last));
  }
  if (out.wanted.size() + out.unwanted.size() > max_query_terms) {
    return fail(ErrorKind::usage, fmt::format("a search for more than {} words", max_query_terms));
  }
  if (out.wanted.empty() && !out.unwanted.empty()) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" says only what is not wanted", unicode::sanitize(text)),
                "add a word that is; to search for a text that begins with \"-\", put it in quotes");
  }
  if (out.wanted.empty()) {
    return fail(ErrorKind::usage, fmt::format("\"{}\" has no word to search for", unicode::sanitize(text)),
                "signs alone are not searched for; give letters or digits");
  }
  return out;
}

std::string verbatim(std::string_view facet) {
  return verbatim_mark + text::replace_all(std::string(facet), std::string_view(&verbatim_mark, 1), "%1F");
}

std::string match_expression(const Term& term) {
  return terms_expression({term}, "");
}

std::string match_expression(const ParsedQuery& query, const FacetGroups& facets) {
  auto out = terms_expression(query.wanted, " AND ");
  for (const auto& group : facets) out += " AND " + facet_expression(group);
  if (query.unwanted.empty()) return out;
  return fmt::format("({}) NOT {}", out, terms_expression(query.unwanted, " OR "));
}

}  // namespace errand::store
