#include "cli/sessions_search.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/sessions.hpp"
#include "render/options.hpp"
#include "render/table.hpp"

namespace errand::cli {

namespace {

using store::SearchHit;
using store::SearchResult;
using store::SearchRole;
using store::SnippetPart;

struct NamedRole {
  std::string_view name;
  SearchRole role;
};
constexpr std::array roles = {NamedRole{"user", SearchRole::user}, NamedRole{"assistant", SearchRole::assistant},
                              NamedRole{"tool", SearchRole::tool}};

std::string_view name_of(SearchRole role) {
  return std::ranges::find(roles, role, &NamedRole::role)->name;
}

// "./x" and "../x" are meant from here; "x" is the end of a path anywhere.
Result<std::string> file_asked_for(const std::string& word) {
  if (!word.starts_with('.')) return word;
  ERRAND_TRY_ASSIGN(const auto here, current_directory());
  return normalize_path(join_path(here, word));
}

Result<store::SearchQuery> query_of(const SessionCall& call, const config::Configuration& config) {
  const auto& options = call.options;
  store::SearchQuery out;
  out.text = call.words.front();
  ERRAND_TRY_ASSIGN(out.project, project_of(call, config));
  out.agent = options.agent.value_or("");
  out.limit = options.all ? 0 : static_cast<int>(std::min<std::int64_t>(options.limit.value_or(20), 1'000'000'000));
  out.tool = options.search.tool.value_or("");
  const auto current = now();
  if (options.since) out.since = current - *options.since;
  if (options.search.until) out.until = current - *options.search.until;
  if (options.search.file) {
    ERRAND_TRY_ASSIGN(out.file, file_asked_for(*options.search.file));
  }
  if (options.search.role) out.role = std::ranges::find(roles, *options.search.role, &NamedRole::name)->role;
  return out;
}

Json hit_json(const SearchHit& hit) {
  std::string snippet;
  auto parts = Json::array();
  for (const auto& part : hit.snippet) {
    snippet += part.text;
    parts.push_back({{"text", part.text}, {"hit", part.kind == SnippetPart::Kind::hit}});
  }
  return {{"session", hit.session},    {"name", text_or_null(hit.session_name)},
          {"title", hit.title},        {"agent", hit.agent},
          {"project", hit.project},    {"message_id", hit.message_id},
          {"position", hit.position},  {"time", to_rfc3339(hit.time)},
          {"role", name_of(hit.role)}, {"tool", text_or_null(hit.tool)},
          {"snippet", snippet},        {"parts", std::move(parts)}};
}

Result<int> print_hits_json(const SearchResult& result) {
  auto hits = Json::array();
  for (const auto& hit : result.hits) hits.push_back(hit_json(hit));
  return print_json(
      {{"hits", std::move(hits)}, {"ranked_among", result.ranked_among ? Json(*result.ranked_among) : Json(nullptr)}});
}

std::string clean(std::string_view text) {
  auto out = unicode::sanitize(text);
  std::ranges::replace_if(
      out, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return out;
}

std::string marked(const std::vector<SnippetPart>& parts, render::Color color) {
  std::string out;
  for (const auto& part : parts) {
    const auto text = clean(part.text);
    if (part.kind == SnippetPart::Kind::context) {
      out += text;
    } else {
      out += color == render::Color::on ? render::paint(text, render::Tone::bad, color) : fmt::format("**{}**", text);
    }
  }
  return out;
}

std::string title_of(const SearchHit& hit) {
  return clean(hit.session_name.empty() ? hit.title : fmt::format("[{}] {}", hit.session_name, hit.title));
}

std::string line_for_pipe(const SearchHit& hit, render::Color color) {
  const std::vector<std::string> cells = {
      hit.session,     to_rfc3339(hit.time), clean(hit.agent),          std::string(name_of(hit.role)),
      clean(hit.tool), title_of(hit),        marked(hit.snippet, color)};
  return text::join(cells, "\t") + "\n";
}

std::string lines_for_terminal(const SearchHit& hit, const render::Layout& layout, Timestamp today) {
  const auto id = hit.session.substr(0, short_id_length);
  const auto who =
      hit.tool.empty() ? std::string(name_of(hit.role)) : fmt::format("{} {}", name_of(hit.role), hit.tool);
  const auto rest =
      fmt::format("  {}  {}  {}  {}", format_age(hit.time, today), clean(hit.agent), clean(who), title_of(hit));
  const auto room = layout.columns > id.size() ? layout.columns - id.size() : 0;
  return fmt::format("{}{}\n    {}\n", render::paint(id, render::Tone::strong, layout.color),
                     text::ellipsize(rest, room), marked(hit.snippet, layout.color));
}

Result<int> print_hits(const SearchResult& result, const render::Layout& layout) {
  const auto today = now();
  std::string out;
  for (const auto& hit : result.hits) {
    out += layout.medium == render::Medium::terminal ? lines_for_terminal(hit, layout, today)
                                                     : line_for_pipe(hit, layout.color);
  }
  return print_out(out);
}

}  // namespace

void declare_search_options(Options& options, SearchOptions& out) {
  options.text("--tool", out.tool, "NAME", "search: in calls and results of that tool");
  options.text("--file", out.file, "PATH", "search: in sessions that touched that file; the end of a path will do");
  options.choice("--role", out.role, {"user", "assistant", "tool"}, "search: said by");
  options.duration("--until", out.until, "search: said longer ago than that");
}

// Hits on stdout, the best first. On a terminal two lines each, on a pipe one, its cells (session, time, agent, role,
// tool, title, snippet) separated by tabs; the words found are coloured, or stand between "**". Nothing found is said
// on stderr and is no failure.
Result<int> sessions_search(const SessionCall& call) {
  const auto& globals = call.invocation.globals;
  ERRAND_TRY_ASSIGN(const auto color, render::parse_color_choice(globals.color.value_or("auto")));
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call));
  ERRAND_TRY_ASSIGN(const auto query, query_of(call, desk.config));
  ERRAND_TRY_ASSIGN(const auto result, desk.store->search(query));
  if (result.hits.empty()) print_note(globals, "nothing found");
  if (result.ranked_among) {
    print_note(globals, fmt::format("more than {0} messages fit; ranked among the newest {0}", *result.ranked_among));
  }
  if (call.options.json) return print_hits_json(result);
  return print_hits(result, render::layout_of(STDOUT_FILENO, color));
}

}  // namespace errand::cli
