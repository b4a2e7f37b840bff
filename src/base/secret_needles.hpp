#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace errand::secrets {

/// A stretch of a text that is a secret.
struct Finding {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;  ///< lives as long as what found it
  bool operator==(const Finding&) const = default;
};

/// Whether a text is all there is, or may go on: then what ends with it is not decided upon.
enum class Ending { whole, open };

/// What was found of one kind, in order and apart; from `decided` on more text may change the picture.
struct Findings {
  std::vector<Finding> found;
  std::size_t decided = 0;
};

/// The ways in which a value is commonly written: as it is, in a JSON string, in a URL, in base64 at each of the three
/// alignments.
std::vector<std::string> spellings_of(std::string_view value);

/// Many strings that are looked for at once: Wu and Manber, "A Fast Algorithm for Multi-Pattern Searching" (1994).
class Needles {
 public:
  /// Bytes every needle has at least; shorter ones are left out.
  static constexpr std::size_t shortest = 8;

  Needles() { shift_.fill(max_shift); }

  void add(std::string bytes, std::string name);

  /// Of what begins in text[from…]. Where several needles fit, the longest counts.
  [[nodiscard]] Findings find(std::string_view text, std::size_t from, Ending ending) const;

  /// Where in text[from…] the first stretch begins that is the beginning of a needle, and ends with the text; the size
  /// of the text when there is none.
  [[nodiscard]] std::size_t cut_off_at(std::string_view text, std::size_t from) const;

 private:
  struct Needle {
    std::string bytes;
    std::string name;
  };
  static constexpr std::size_t block = 4;
  static constexpr std::uint8_t max_shift = shortest - block + 1;
  static constexpr unsigned slot_bits = 13;

  static std::size_t slot_of(const char* at);
  [[nodiscard]] const Needle* longest_at(std::string_view text, std::size_t at) const;
  [[nodiscard]] bool begins_one(std::string_view rest) const;

  std::vector<Needle> needles_;
  std::array<std::uint8_t, std::size_t{1} << slot_bits> shift_{};
  std::array<std::vector<std::uint16_t>, 256> by_first_byte_;
  std::size_t longest_ = 0;
};

}  // namespace errand::secrets
