//! Places, coarse on purpose, and the way between them.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// The mean radius of the Earth in kilometres: R₁ of the International Union of Geodesy and
/// Geophysics (Moritz, *Geodetic Reference System 1980*, 2000). The real distance on the ellipsoid
/// differs by at most 0.6 %.
pub const EARTH_RADIUS_KM: f64 = 6_371.008_8;

const MS_PER_HOUR: f64 = 3_600_000.0;

/// A place, rounded to a tenth of a degree: nobody's door, and enough to tell a journey. Each of two
/// places is off by at most 7.9 km, so a distance by at most 15.8 km; the same place is always at
/// distance zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "[i16; 2]", into = "[i16; 2]")]
pub struct Place {
    latitude_tenths: i16,
    longitude_tenths: i16,
}

/// Not a latitude and a longitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a place is a latitude of -900 to 900 and a longitude of -1800 to 1800 tenths of a degree")]
pub struct NotAPlace;

impl Place {
    /// The place of a latitude and a longitude in degrees; `None` where there is no such place.
    pub fn of(latitude: Decimal, longitude: Decimal) -> Option<Place> {
        let tenths = |degrees: Decimal| {
            degrees
                .checked_mul(Decimal::TEN)?
                .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
                .to_i16()
        };
        Place::try_from([tenths(latitude)?, tenths(longitude)?]).ok()
    }

    /// The great-circle distance by the haversine formula. Floats inside, the same on every machine
    /// (`libm`); whoever shows it rounds it to an integer first.
    pub(crate) fn distance_km(self, other: Place) -> f64 {
        let radians = |tenths: i16| (f64::from(tenths) / 10.0).to_radians();
        let (from, to) = (
            radians(self.latitude_tenths),
            radians(other.latitude_tenths),
        );
        let half_north = libm::sin((to - from) / 2.0);
        let east = radians(other.longitude_tenths) - radians(self.longitude_tenths);
        let half_east = libm::sin(east / 2.0);
        let chord =
            half_north * half_north + libm::cos(from) * libm::cos(to) * half_east * half_east;
        2.0 * EARTH_RADIUS_KM * libm::asin(chord.sqrt().min(1.0))
    }
}

/// How fast a way was, in km/h. What took no time that can be told took the least that can.
pub(crate) fn speed_km_h(km: f64, elapsed_ms: u64) -> f64 {
    km / (elapsed_ms.max(1) as f64 / MS_PER_HOUR)
}

impl TryFrom<[i16; 2]> for Place {
    type Error = NotAPlace;
    fn try_from([latitude_tenths, longitude_tenths]: [i16; 2]) -> Result<Place, NotAPlace> {
        if latitude_tenths.unsigned_abs() > 900 || longitude_tenths.unsigned_abs() > 1_800 {
            return Err(NotAPlace);
        }
        Ok(Place {
            latitude_tenths,
            longitude_tenths,
        })
    }
}

impl From<Place> for [i16; 2] {
    fn from(place: Place) -> [i16; 2] {
        [place.latitude_tenths, place.longitude_tenths]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude: &str, longitude: &str) -> Option<Place> {
        Place::of(
            Decimal::from_str_exact(latitude).expect("a decimal"),
            Decimal::from_str_exact(longitude).expect("a decimal"),
        )
    }

    fn km(from: (&str, &str), to: (&str, &str)) -> i64 {
        let from = place(from.0, from.1).expect("a place");
        from.distance_km(place(to.0, to.1).expect("a place"))
            .round() as i64
    }

    #[test]
    fn distances_are_those_of_the_sphere() {
        // A quarter and a half of the circumference 2πR = 40,030.2 km.
        assert_eq!(km(("0", "0"), ("90", "0")), 10_008);
        assert_eq!(km(("0", "0"), ("0", "180")), 20_015);
        assert_eq!(km(("90", "0"), ("-90", "120")), 20_015);
        // Over the date line: a degree is 111.2 km at the equator.
        assert_eq!(km(("0", "179.5"), ("0", "-179.5")), 111);
        // Antwerp to Singapore: by the vector formula, from coordinates rounded by hand.
        assert_eq!(km(("51.2194", "4.4025"), ("1.3521", "103.8198")), 10_539);
        assert_eq!(km(("51.2194", "4.4025"), ("51.2", "4.4")), 0);
    }

    #[test]
    fn speed_is_distance_over_time() {
        assert_eq!(speed_km_h(1_000.0, 1_800_000), 2_000.0);
        assert_eq!(speed_km_h(0.0, 0), 0.0);
        assert_eq!(speed_km_h(1.0, 0), speed_km_h(1.0, 1));
    }

    #[test]
    fn what_is_no_place_is_none() {
        assert_eq!(place("90.1", "0"), None);
        assert_eq!(place("0", "-180.1"), None);
        assert_eq!(place("79228162514264337593543950335", "0"), None);
        assert!(place("-90", "180").is_some());
        assert!(serde_json::from_str::<Place>("[901,0]").is_err());
        assert_eq!(
            serde_json::to_string(&place("51.25", "-0.04")).expect("json"),
            "[513,0]"
        );
    }
}
