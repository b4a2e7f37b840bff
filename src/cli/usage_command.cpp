#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/event_json.hpp"
#include "cli/command.hpp"
#include "cli/listing.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "cli/since.hpp"
#include "store/open.hpp"
#include "store/users.hpp"

namespace errand::cli {

namespace {

// What is told apart by, in the order it was asked for; a user is whose store it is.
struct Dimension {
  std::string_view name;
  std::optional<store::UsageBy> by;
};
constexpr std::array dimensions = {
    Dimension{"agent", store::UsageBy::agent},     Dimension{"day", store::UsageBy::day},
    Dimension{"model", store::UsageBy::model},     Dimension{"month", store::UsageBy::month},
    Dimension{"project", store::UsageBy::project}, Dimension{"run", store::UsageBy::run},
    Dimension{"session", store::UsageBy::session}, Dimension{"user", std::nullopt},
};

Result<std::vector<Dimension>> read_dimensions(const std::string& list) {
  std::vector<std::string> names;
  for (const auto& dimension : dimensions) names.emplace_back(dimension.name);
  std::vector<Dimension> out;
  for (const auto& word : text::split(list, ',')) {
    const auto name = std::string(text::trim(word));
    const auto found = std::ranges::find(dimensions, name, &Dimension::name);
    if (found == dimensions.end()) {
      return fail(ErrorKind::usage, fmt::format("--by \"{}\" is nothing to tell usage apart by", name),
                  text::suggest(name, names, "words"));
    }
    if (std::ranges::find(out, name, &Dimension::name) != out.end()) {
      return fail(ErrorKind::usage, fmt::format("--by names {} twice", name));
    }
    out.push_back(*found);
  }
  return out;
}

// What is known and that there is more: an unknown price is never nothing.
std::string cost_text(const store::UsageGroup& group) {
  if (group.without_price == 0) return money_text(group.cost_usd);
  if (group.without_price == group.requests) return "unknown";
  return money_text(group.cost_usd) + " + unknown";
}

Json group_json(const std::vector<Dimension>& by, const store::UsageGroup& group) {
  Json out = Json::object();
  for (std::size_t i = 0; i < by.size(); ++i) out[std::string(by[i].name)] = group.names[i];
  out["turns"] = group.turns;
  out["requests"] = group.requests;
  out["runs"] = group.runs;
  out["usage"] = chat::to_json(group.usage);
  out["cost_usd"] = group.cost_usd;
  out["requests_without_price"] = group.without_price;
  return out;
}

void add(store::UsageGroup& total, const store::UsageGroup& group) {
  total.turns += group.turns;
  total.requests += group.requests;
  total.runs += group.runs;
  total.usage += group.usage;
  total.cost_usd += group.cost_usd;
  total.without_price += group.without_price;
}

class UsageCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "as JSON");
    options.text("--by", by_, "LIST",
                 "told apart by agent, day, model, month, project, run, session, user; default day,model");
    options.text("--since", since_, "TIME", "since then: 24h, 30d, 2026-01-01; default 30d");
    options.flag("--all", all_, "since ever");
    options.flag("--project", project_, "of this project only");
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    if (!words.empty()) return fail(ErrorKind::usage, fmt::format("\"errand usage\" does not take \"{}\"", words[0]));
    if (all_ && since_) return fail(ErrorKind::usage, "--all and --since exclude each other");
    ERRAND_TRY_ASSIGN(const auto by, read_dimensions(by_.value_or("day,model")));
    ERRAND_TRY_ASSIGN(const auto config, load_configuration(invocation, config::Scope::settings));
    ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, config));
    store::UsageQuery query;
    for (const auto& dimension : by) {
      if (dimension.by) query.by.push_back(*dimension.by);
    }
    if (!all_) {
      ERRAND_TRY_ASSIGN(query.since, parse_since(since_.value_or("30d")));
      if (!since_) query.since = store::begin_of(store::Period::day, *query.since);  // no half day at the top
    }
    if (project_) query.project = config.project.root;
    ERRAND_TRY_ASSIGN(const auto users, users_for(by, place));
    ERRAND_TRY(read(by, query, place, users));
    ERRAND_TRY_ASSIGN(const int printed, json_ ? print_groups_json(by) : print_groups(by));
    return printed != 0 ? printed : exit_code_;
  }

 private:
  // Told apart by user, it is everybody's that may be read.
  static Result<std::vector<std::string>> users_for(const std::vector<Dimension>& by, const Place& place) {
    if (std::ranges::find(by, "user", &Dimension::name) == by.end()) return std::vector<std::string>{place.user};
    return store::readable_users(place.data_directory);
  }

  Result<void> read(const std::vector<Dimension>& by, const store::UsageQuery& query, const Place& place,
                    const std::vector<std::string>& users) {
    const auto at = std::ranges::find(by, "user", &Dimension::name) - by.begin();
    const bool by_user = static_cast<std::size_t>(at) < by.size();
    for (const auto& user : users) {
      auto used = usage_of(user, query, place);
      if (!used && !by_user) return fail(std::move(used).error());
      // Of several users one may have a store that can't be read: it is named, and costs the others nothing.
      if (!used) {
        exit_code_ = exit_code_of(used.error().kind);
        print_error(std::move(used).error().within(fmt::format("while reading what user {} spent", user)));
        continue;
      }
      for (const auto& sum : used->sums) add(total_, sum);
      for (auto& group : used->groups) {
        if (by_user) group.names.insert(group.names.begin() + at, user);
        groups_.push_back(std::move(group));
      }
    }
    std::ranges::stable_sort(groups_, {}, &store::UsageGroup::names);
    return {};
  }

  struct Used {
    std::vector<store::UsageGroup> groups;
    std::vector<store::UsageGroup> sums;
  };

  static Result<Used> usage_of(const std::string& user, const store::UsageQuery& query, const Place& place) {
    ERRAND_TRY_ASSIGN(const auto store, store::open(place.data_directory, user, store::OpenMode::existing_only));
    Used out;
    ERRAND_TRY_ASSIGN(out.groups, store->usage(query));
    auto whole = query;
    whole.by.clear();
    ERRAND_TRY_ASSIGN(out.sums, store->usage(whole));
    return out;
  }

  Result<int> print_groups_json(const std::vector<Dimension>& by) const {
    auto items = Json::array();
    for (const auto& group : groups_) items.push_back(group_json(by, group));
    return print_json({{"usage", std::move(items)}, {"total", group_json({}, total_)}});
  }

  struct Figure {
    std::string_view name;
    std::int64_t (*of)(const store::UsageGroup&);
    bool is_rare = false;  ///< left out on a terminal where nothing was counted
  };

  // A terminal has no room for columns of zeros; a script finds each column where it was.
  [[nodiscard]] std::vector<Figure> figures() const {
    std::vector<Figure> out = {{"runs", [](const store::UsageGroup& g) { return std::int64_t{g.runs}; }},
                               {"turns", [](const store::UsageGroup& g) { return std::int64_t{g.turns}; }},
                               {"input", [](const store::UsageGroup& g) { return g.usage.input; }},
                               {"output", [](const store::UsageGroup& g) { return g.usage.output; }},
                               {"cache read", [](const store::UsageGroup& g) { return g.usage.cache_read; }, true},
                               {"cache write", [](const store::UsageGroup& g) { return g.usage.cache_write; }, true},
                               {"reasoning", [](const store::UsageGroup& g) { return g.usage.reasoning; }, true}};
    if (::isatty(STDOUT_FILENO) != 0)
      std::erase_if(out, [&](const Figure& figure) { return figure.is_rare && figure.of(total_) == 0; });
    return out;
  }

  static std::vector<std::string> row(std::vector<std::string> names, const store::UsageGroup& group,
                                      const std::vector<Figure>& figures) {
    for (auto& name : names) name = unicode::sanitize(name);
    for (const auto& figure : figures) names.push_back(std::to_string(figure.of(group)));
    names.push_back(cost_text(group));
    return names;
  }

  Result<int> print_groups(const std::vector<Dimension>& by) const {
    const auto shown = figures();
    std::vector<Column> columns;
    for (const auto& dimension : by) columns.push_back({std::string(dimension.name), Width::flexible});
    for (const auto& figure : shown) columns.push_back({std::string(figure.name)});
    columns.push_back({"cost"});
    std::vector<std::vector<std::string>> rows;
    for (const auto& group : groups_) rows.push_back(row(group.names, group, shown));
    std::vector<std::string> names(by.size());
    names.front() = "total";
    rows.push_back(row(std::move(names), total_, shown));
    return print_table(columns, rows);
  }

  bool json_ = false;
  bool project_ = false;
  bool all_ = false;
  std::optional<std::string> by_, since_;
  std::vector<store::UsageGroup> groups_;
  store::UsageGroup total_;
  int exit_code_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_usage_command() {
  return std::make_unique<UsageCommand>();
}

}  // namespace errand::cli
