#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace errand::store {

/// Tokens in a row.
struct Phrase {
  enum class Last { whole, beginning };
  std::vector<std::string> tokens;
  Last last = Last::whole;  ///< whether the last of them may go on
  bool operator==(const Phrase&) const = default;
};

/// What one word or phrase of a query stands for: any of these.
using Term = std::vector<Phrase>;

struct ParsedQuery {
  std::vector<Term> wanted;  ///< all of them, one at least
  std::vector<Term> unwanted;
  bool operator==(const ParsedQuery&) const = default;
};

/// Longest query, and most words in it.
inline constexpr std::size_t max_query_bytes = 2000;
inline constexpr std::size_t max_query_terms = 64;

/// Reads SearchQuery::text; `usage` as SearchIndex::search() says.
Result<ParsedQuery> parse_search(std::string_view text);

/// A facet is a token of its own that a message has beside its text ("role:user").
/// Messages must have one of each group.
using FacetGroups = std::vector<std::vector<std::string>>;

/// Separates tokens that FTS5 takes as they are; begins each.
inline constexpr char verbatim_mark = '\x1F';

/// The expression for FTS5's MATCH, with columns `text` and `facet`. The phrases of `wanted` come first, in order.
std::string match_expression(const ParsedQuery& query, const FacetGroups& facets);

/// The same for one term alone.
std::string match_expression(const Term& term);

/// `facet` as one verbatim token.
std::string verbatim(std::string_view facet);

}  // namespace errand::store
