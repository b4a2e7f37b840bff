#include "store/sqlite_search.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/try.hpp"
#include "store/search_query.hpp"
#include "store/search_snippet.hpp"
#include "store/search_text.hpp"
#include "store/sqlite_index.hpp"

namespace errand::store {

namespace {

// Okapi BM25 with the constants that FTS5 has.
constexpr double bm25_k1 = 1.2;
constexpr double bm25_b = 0.75;

// A hit that was said just now counts this much more than one of long ago; half of it after a month.
constexpr double newest_bonus = 0.2;
constexpr std::int64_t ms_of_day = 86'400'000;
constexpr double bonus_half_life_ms = 30.0 * ms_of_day;

// Above these a condition is no part of the MATCH any more, and each hit is looked at instead: FTS5 goes through all
// alternatives for every row.
constexpr std::size_t max_session_facets = 500;
constexpr std::int64_t max_day_facets = 100;

struct Candidate {
  std::int64_t key = 0;
  std::int64_t time = 0;
  double length = 0;
  std::string counts;  // of each phrase of the wanted terms, a byte each
  double score = 0;
};

// The conditions of a query that are not words.
struct Filter {
  FacetGroups facets;
  std::optional<std::unordered_set<std::int64_t>> sessions;
  std::int64_t since = 0;
  std::int64_t until = 0;

  [[nodiscard]] bool takes(std::int64_t session, std::int64_t time) const {
    return time >= since && time <= until && (!sessions || sessions->contains(session));
  }
};

std::string_view type_of(SearchRole role) {
  switch (role) {
    case SearchRole::user:
      return "user";
    case SearchRole::assistant:
      return "assistant";
    case SearchRole::tool:
      break;
  }
  return "tool_result";
}

SearchRole role_of(std::string_view type) {
  if (type == "user") return SearchRole::user;
  return type == "assistant" ? SearchRole::assistant : SearchRole::tool;
}

std::unordered_set<std::int64_t> sessions_of(Rows rows) {
  std::unordered_set<std::int64_t> out;
  while (rows.next()) out.insert(rows.integer(0));
  return out;
}

std::unordered_set<std::int64_t> sessions_that_touched(Database& database, const std::string& file) {
  const auto path = normalize_path(file);
  if (path.starts_with('/')) {
    return sessions_of(
        database.query("SELECT session FROM touched WHERE name = ?1 AND path = ?2", {file_name(path), path}));
  }
  const auto end = "/" + path;
  return sessions_of(database.query("SELECT session FROM touched WHERE name = ?1 AND substr(path, -length(?2)) = ?2",
                                    {file_name(path), end}));
}

void restrict_to(std::optional<std::unordered_set<std::int64_t>>& sessions, std::unordered_set<std::int64_t> others) {
  if (sessions) std::erase_if(others, [&](std::int64_t key) { return !sessions->contains(key); });
  sessions = std::move(others);
}

void add_session_facets(Filter& filter) {
  if (!filter.sessions || filter.sessions->size() > max_session_facets) return;
  std::vector<std::string> group;
  for (const auto key : *filter.sessions) group.push_back(session_facet(key));
  std::sort(group.begin(), group.end());  // the same expression for the same query
  filter.facets.push_back(std::move(group));
}

// When something was said last, for which a clock may have been ahead of ours.
std::int64_t newest_time(Database& database) {
  auto rows = database.query("SELECT coalesce(max(updated), 0) FROM sessions WHERE parent IS NULL", {});
  rows.next();
  return std::max(rows.integer(0), to_ms(now())) + ms_of_day;
}

void add_day_facets(Database& database, Filter& filter, const SearchQuery& query) {
  if (!query.since) return;
  const auto first = day_of(filter.since);
  const auto last = day_of(std::min(filter.until, newest_time(database)));
  if (last < first || last - first >= max_day_facets) return;
  std::vector<std::string> group;
  for (auto day = first; day <= last; ++day) group.push_back(day_facet(day));
  filter.facets.push_back(std::move(group));
}

Filter filter_of(Database& database, const SearchQuery& query) {
  Filter out;
  out.since = query.since ? to_ms(*query.since) : std::numeric_limits<std::int64_t>::min();
  out.until = query.until ? to_ms(*query.until) : std::numeric_limits<std::int64_t>::max();
  if (query.role) out.facets.push_back({role_facet(type_of(*query.role))});
  if (!query.tool.empty()) out.facets.push_back({tool_facet(query.tool)});
  if (!query.project.empty()) out.facets.push_back({project_facet(query.project)});
  if (!query.file.empty()) restrict_to(out.sessions, sessions_that_touched(database, query.file));
  if (!query.agent.empty()) {
    restrict_to(out.sessions, sessions_of(database.query("SELECT key FROM sessions WHERE agent = ?", {query.agent})));
  }
  add_session_facets(out);
  add_day_facets(database, out, query);
  return out;
}

[[nodiscard]] bool excludes_all(const Filter& filter) {
  const auto is_empty = [](const std::vector<std::string>& group) { return group.empty(); };
  return std::any_of(filter.facets.begin(), filter.facets.end(), is_empty);
}

std::size_t phrases_in(const std::vector<Term>& terms) {
  std::size_t out = 0;
  for (const auto& term : terms) out += term.size();
  return out;
}

// The newest, one more than are ranked where there are more.
std::vector<Candidate> candidates_for(Database& database, const ParsedQuery& query, const Filter& filter) {
  const auto phrases = static_cast<std::int64_t>(phrases_in(query.wanted));
  auto rows = database.query(search_sql, {match_expression(query, filter.facets), phrases});
  std::vector<Candidate> out;
  while (out.size() <= SearchIndex::max_ranked && rows.next()) {
    if (!filter.takes(rows.integer(1), rows.integer(2))) continue;
    out.push_back({rows.integer(0), rows.integer(2), static_cast<double>(rows.integer(3)), rows.text(4)});
  }
  return out;
}

// How much rarer words count for more. Beyond max_ranked they are all common.
std::vector<double> weights_of(Database& database, const std::vector<Term>& terms) {
  if (terms.size() == 1) return {1.0};
  auto total_row = database.query("SELECT coalesce(max(key), 0) FROM searchable", {});
  total_row.next();
  const auto total = static_cast<double>(total_row.integer(0));
  std::vector<double> out;
  for (const auto& term : terms) {
    auto rows = database.query("SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ?1 LIMIT ?2)",
                               {match_expression(term), static_cast<std::int64_t>(SearchIndex::max_ranked)});
    rows.next();
    const auto with = std::min(static_cast<double>(rows.integer(0)), total);
    out.push_back(std::log(1.0 + (total - with + 0.5) / (with + 0.5)));
  }
  return out;
}

// How often each term stands in the message, in whichever of its spellings.
double count_of(const Candidate& candidate, std::size_t first_phrase, std::size_t phrases) {
  double out = 0;
  for (auto i = first_phrase; i < first_phrase + phrases && i < candidate.counts.size(); ++i) {
    out += static_cast<unsigned char>(candidate.counts[i]);
  }
  return out;
}

void rank(std::vector<Candidate>& candidates, const std::vector<Term>& terms, const std::vector<double>& weights) {
  double lengths = 0;
  std::int64_t newest = std::numeric_limits<std::int64_t>::min();
  for (const auto& candidate : candidates) {
    lengths += candidate.length;
    newest = std::max(newest, candidate.time);
  }
  const double average = std::max(1.0, lengths / static_cast<double>(std::max<std::size_t>(1, candidates.size())));
  for (auto& candidate : candidates) {
    const double norm = bm25_k1 * (1 - bm25_b + bm25_b * candidate.length / average);
    std::size_t phrase = 0;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const auto count = count_of(candidate, phrase, terms[i].size());
      candidate.score += weights[i] * count * (bm25_k1 + 1) / (count + norm);
      phrase += terms[i].size();
    }
    const auto age = static_cast<double>(newest) - static_cast<double>(candidate.time);
    candidate.score *= 1 + newest_bonus * std::exp2(-age / bonus_half_life_ms);
  }
}

// The best, in order.
void keep_best(std::vector<Candidate>& candidates, int limit) {
  const auto count = limit > 0 ? std::min(candidates.size(), static_cast<std::size_t>(limit)) : candidates.size();
  const auto middle = candidates.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(candidates.begin(), middle, candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.key > b.key;
  });
  candidates.erase(middle, candidates.end());
}

// Whose call or result stands at that byte of Searchable::text().
std::string tool_at(const Searchable& searchable, std::size_t at) {
  for (const auto& part : searchable.parts) {
    if (at <= part.text.size()) return part.tool;
    at -= part.text.size() + 1;
  }
  return {};
}

std::optional<SearchHit> read_hit(Database& database, std::int64_t key, const ParsedQuery& query) {
  auto rows = database.query(
      "SELECT s.id, coalesce(s.name, ''), s.title, s.agent, s.project, m.message_id, m.position, m.time, m.type, "
      "m.json "
      "FROM messages AS m JOIN sessions AS s ON s.key = m.session WHERE m.key = ?",
      {key});
  if (!rows.next()) {
    log::warn("store: the search index names a message that is not there: {}", key);
    return std::nullopt;
  }
  SearchHit out;
  out.session = rows.text(0);
  out.session_name = rows.text(1);
  out.title = rows.text(2);
  out.agent = rows.text(3);
  out.project = rows.text(4);
  out.message_id = rows.text(5);
  out.position = rows.integer(6);
  out.time = from_ms(rows.integer(7));
  out.role = role_of(rows.text(8));
  const auto searchable = searchable_of(rows.text(8), rows.text(9));
  const auto text = searchable.text();
  auto snippet = snippet_of(text, occurrences_in(text, query));
  out.tool = tool_at(searchable, snippet.begin);
  out.snippet = std::move(snippet.parts);
  return out;
}

}  // namespace

Result<SearchResult> search_messages(Database& database, const SearchQuery& query) {
  ERRAND_TRY_ASSIGN(const auto parsed, parse_search(query.text));
  const auto filter = filter_of(database, query);
  SearchResult out;
  if (excludes_all(filter)) return out;
  auto candidates = candidates_for(database, parsed, filter);
  if (candidates.size() > SearchIndex::max_ranked) {
    candidates.pop_back();
    out.ranked_among = candidates.size();
  }
  rank(candidates, parsed.wanted, weights_of(database, parsed.wanted));
  keep_best(candidates, query.limit);
  for (const auto& candidate : candidates) {
    if (auto hit = read_hit(database, candidate.key, parsed)) out.hits.push_back(*std::move(hit));
  }
  return out;
}

}  // namespace errand::store
