"""Invented people and villages of Bihar and Uttar Pradesh, each in Latin letters and in Devanagari."""

from __future__ import annotations

WOMEN = (
    ("Sunita", "सुनीता"), ("Anita", "अनीता"), ("Rekha", "रेखा"), ("Shanti", "शांति"), ("Meena", "मीना"),
    ("Phoolmati", "फूलमती"), ("Savitri", "सावित्री"), ("Rinku", "रिंकू"), ("Babita", "बबीता"),
    ("Urmila", "उर्मिला"),
    ("Kiran", "किरण"), ("Gita", "गीता"), ("Sangeeta", "संगीता"), ("Lalita", "ललिता"), ("Poonam", "पूनम"),
    ("Manju", "मंजू"), ("Saraswati", "सरस्वती"), ("Bimla", "बिमला"), ("Nirmala", "निर्मला"), ("Asha", "आशा"),
)  # fmt: skip
WOMEN_LAST = (("Devi", "देवी"), ("Kumari", "कुमारी"), ("Yadav", "यादव"), ("Khatoon", "ख़ातून"))
MEN = (
    ("Ramesh", "रमेश"), ("Suresh", "सुरेश"), ("Ram Prasad", "राम प्रसाद"), ("Birendra", "बीरेंद्र"),
    ("Mahesh", "महेश"), ("Ajay", "अजय"), ("Dinesh", "दिनेश"), ("Upendra", "उपेंद्र"), ("Manoj", "मनोज"),
    ("Rajkumar", "राजकुमार"), ("Shyam Sundar", "श्याम सुंदर"), ("Vinod", "विनोद"), ("Santosh", "संतोष"),
    ("Awadhesh", "अवधेश"), ("Jitendra", "जितेंद्र"), ("Lallan", "लल्लन"), ("Nand Kishore", "नंद किशोर"),
    ("Pappu", "पप्पू"), ("Hari Om", "हरि ओम"), ("Md. Irfan", "मो. इरफ़ान"), ("Md. Shamim", "मो. शमीम"),
)  # fmt: skip
MEN_LAST = (
    ("Yadav", "यादव"), ("Paswan", "पासवान"), ("Kumar", "कुमार"), ("Singh", "सिंह"), ("Sah", "साह"),
    ("Mahto", "महतो"), ("Verma", "वर्मा"), ("Prasad", "प्रसाद"), ("Maurya", "मौर्य"), ("Thakur", "ठाकुर"),
)  # fmt: skip
BUSINESSES = (
    ("Jai Hanuman Aata Chakki", "जय हनुमान आटा चक्की"), ("Gupta Kirana Store", "गुप्ता किराना स्टोर"),
    ("Bharat Mobile Centre", "भारत मोबाइल सेंटर"), ("Shiv Cold Drinks", "शिव कोल्ड ड्रिंक्स"),
    ("Gyan Deep Public School", "ज्ञान दीप पब्लिक स्कूल"), ("Sitara Tailors", "सितारा टेलर्स"),
    ("Krishna Medical Hall", "कृष्णा मेडिकल हॉल"), ("Ansari Welding Works", "अंसारी वेल्डिंग वर्क्स"),
)  # fmt: skip
VILLAGES = {
    "SKP": ("Sikandarpur", "Madhopur Tola", "Rampur Khurd", "Bishunpur"),
    "BGP": ("Bhagwanpur", "Chak Salem", "Narayanpur", "Dhobauli"),
    "ATW": ("Atwa", "Kakrala", "Naya Purwa", "Bakhtiyarpur"),
}
