#include "terminal/background.hpp"

#include <array>
#include <charconv>

namespace errand::terminal {

namespace {

// 1 to 4 hexadecimal digits as a share of the most they can say.
std::optional<double> channel(std::string_view digits) {
  if (digits.empty() || digits.size() > 4) return std::nullopt;
  unsigned value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (status != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  const auto most = (1U << (4 * digits.size())) - 1U;
  return static_cast<double>(value) / most;
}

// "1e1e/1e1e/1e1e", perhaps with alpha behind.
std::optional<std::array<double, 3>> rgb(std::string_view text) {
  std::array<double, 3> out{};
  for (auto& one : out) {
    const auto end = text.find('/');
    const auto value = channel(text.substr(0, end));
    if (!value) return std::nullopt;
    one = *value;
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

}  // namespace

std::optional<Shade> background_in(const Key& reply) {
  constexpr std::string_view begin = "]11;rgb";
  if (reply.code != KeyCode::reply || !reply.text.starts_with(begin)) return std::nullopt;
  auto color = std::string_view(reply.text).substr(begin.size());
  if (color.starts_with('a')) color.remove_prefix(1);
  if (!color.starts_with(':')) return std::nullopt;
  const auto parts = rgb(color.substr(1));
  if (!parts) return std::nullopt;
  // How bright it seems, by the weights of ITU-R BT.601.
  const auto brightness = 0.299 * parts->at(0) + 0.587 * parts->at(1) + 0.114 * parts->at(2);
  return brightness > 0.5 ? Shade::light : Shade::dark;
}

std::optional<Shade> background_in(std::string_view colorfgbg) {
  const auto last = colorfgbg.substr(colorfgbg.rfind(';') + 1);  // npos + 1 is 0
  int color = 0;
  const auto [end, status] = std::from_chars(last.data(), last.data() + last.size(), color);
  const bool whole = status == std::errc{} && end == last.data() + last.size();
  if (!whole || color < 0 || color > 15 || last.size() == colorfgbg.size()) return std::nullopt;
  return color == 7 || color > 8 ? Shade::light : Shade::dark;
}

}  // namespace errand::terminal
