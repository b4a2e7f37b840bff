#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace errand::policy {

/// Words of a command line that may be, or hold, a command.
struct Sighting {
  enum class Place {
    start,     ///< the words are a command
    anywhere,  ///< a command may begin at each of them; an empty word is a border
  };
  enum class Role {
    runs,       ///< stands where a command is run
    mentioned,  ///< an argument or quoted text that something else may run
  };
  std::vector<std::string> words;
  Place place = Place::start;
  Role role = Role::runs;
  bool open_ended = false;  ///< more words may follow (xargs)
  bool operator==(const Sighting&) const = default;
};

/// What a command line may run, for deny and ask rules: it names too much rather than too little.
struct Glimpse {
  std::vector<Sighting> sightings;
  /// What some command is, or what text is that it may run, is only known when the line runs.
  bool opaque = false;
};

/// Looks a command line over, whatever it holds: quotes, substitutions, wrappers, `bash -c`, redirections and groups
/// are seen through where they can be. Takes a few passes over the line.
Glimpse look_over(std::string_view line);

}  // namespace errand::policy
