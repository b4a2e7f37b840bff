#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "store/search.hpp"
#include "store/search_query.hpp"

namespace errand::store {

/// Where a term of a query stands in a text: bytes [begin, end).
struct Occurrence {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t term = 0;  ///< index into ParsedQuery::wanted
  bool operator==(const Occurrence&) const = default;
};

/// Those of the wanted terms, by where they begin; the first of them when there are very many.
std::vector<Occurrence> occurrences_in(std::string_view text, const ParsedQuery& query);

/// A piece of `text` on one line that shows as many of the terms as fit, and where it begins; its beginning when there
/// are no occurrences. "…" stands for what is left out.
struct Snippet {
  std::vector<SnippetPart> parts;
  std::size_t begin = 0;
};
Snippet snippet_of(std::string_view text, const std::vector<Occurrence>& occurrences);

}  // namespace errand::store
