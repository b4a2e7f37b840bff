#include "cli/session_place.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/try.hpp"
#include "cli/setup.hpp"
#include "store/open.hpp"

namespace errand::cli {

namespace {

// Empty: there is no such session, or it says nothing.
Result<std::string> directory_of_session(const RunArguments& arguments, const Place& place,
                                         const std::string& project) {
  ERRAND_TRY_ASSIGN(const auto store, store::open(place.data_directory, place.user, store::OpenMode::existing_only));
  const auto found = store->find(arguments.resume.value_or("latest"), project);
  return found ? found->start.cwd : std::string();
}

bool is_here(const std::string& directory, const config::Configuration& config, const Place& place) {
  return directory == real_path(config.sources.cwd).value_or(config.sources.cwd) ||
         directory == real_path(place.workspace).value_or(place.workspace);
}

chat::event::Warning told(std::string message) {
  return {"working_directory", std::move(message)};
}

}  // namespace

Result<Start> start_of(const Invocation& invocation, const RunArguments& arguments,
                       std::vector<chat::event::Warning>& warnings) {
  ERRAND_TRY_ASSIGN(auto here, load_quietly(invocation));
  ERRAND_TRY_ASSIGN(const auto place, place_of(invocation, here));
  auto project = real_path(place.workspace).value_or(place.workspace);
  const bool goes_on = arguments.continue_newest || arguments.resume;
  if (arguments.directory || !goes_on) return Start{std::move(here), std::move(project)};
  ERRAND_TRY_ASSIGN(const auto directory, directory_of_session(arguments, place, project));
  if (directory.empty() || is_here(directory, here, place)) return Start{std::move(here), std::move(project)};
  if (!is_directory(directory)) {
    warnings.push_back(told(fmt::format("this session worked in {}, which is not there: it works here", directory)));
    return Start{std::move(here), std::move(project)};
  }
  auto sources = here.sources;
  sources.cwd = directory;
  sources.data_directory = place.data_directory;
  sources.user = place.user;
  if (sources.config_file) sources.config_file = join_path(here.sources.cwd, *sources.config_file);
  warnings.push_back(told(fmt::format("this session works in {}; -C names another directory", directory)));
  ERRAND_TRY_ASSIGN(auto there, load_from(sources));
  return Start{std::move(there), std::move(project)};
}

}  // namespace errand::cli
